import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { events } from '../../api/events.ts';
import { Empty, Panel } from '../../components/panel.tsx';
import { timeline } from '../events/timeline.ts';
import { EventLine } from '../events/event-line.tsx';

export function RecentEvents() {
  const { data, isError } = useQuery({
    queryKey: ['events', 'recent'],
    queryFn: () => events(8),
    refetchInterval: 3000,
  });
  const more = (
    <Link href="/ui/events" className="text-sm text-accent hover:underline">
      All events
    </Link>
  );
  return (
    <Panel title="Events" actions={more} isFlush>
      {isError ? (
        <Empty>Events are not available right now.</Empty>
      ) : data?.items.length === 0 ? (
        <Empty>Nothing has happened yet.</Empty>
      ) : (
        <ul className="divide-y divide-line">
          {timeline(data?.items ?? [], []).map(({ id, at, tone, text }) => (
            <EventLine key={id} at={at} tone={tone} kind={null} text={text} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Events of one kind on one target: a row with their number and time; open, each of them. */
import { Badge } from '../../components/state-badge.tsx';
import { formatExactTime } from '../../format.ts';
import type { EventGroup } from './event-groups.ts';
import { EventLine } from './event-line.tsx';

/** Of a group that is open; the rest is in the CSV. */
const SHOWN = 200;

const TONES = { info: 'accent', warn: 'warn', error: 'bad' } as const;

export function GroupLine({ group: { entries, tone, kind } }: { readonly group: EventGroup }) {
  const newest = entries[0]!;
  if (entries.length === 1) return <EventLine at={newest.at} tone={tone} kind={kind} text={newest.text} />;
  return (
    <EventLine at={newest.at} tone={newest.tone} kind={kind} text={newest.text}>
      <Badge tone={TONES[tone]}>{entries.length} times</Badge>
      <details className="mt-1 text-xs" data-events={entries.length}>
        <summary className="text-muted">
          {formatExactTime(entries.at(-1)!.at)} to {formatExactTime(newest.at)}
        </summary>
        <ol className="mt-1 space-y-0.5">
          {entries.slice(0, SHOWN).map(({ id, at, text }) => (
            <li key={id}>
              <time dateTime={at} className="text-muted">
                {formatExactTime(at)}
              </time>{' '}
              {text}
            </li>
          ))}
          {entries.length > SHOWN && <li className="text-muted">and {entries.length - SHOWN} more</li>}
        </ol>
      </details>
    </EventLine>
  );
}

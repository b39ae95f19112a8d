import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { EVENT_KINDS } from '../../../../src/events/core/events-vocabulary.ts';
import { audit, events, type Page } from '../../api/events.ts';
import { fleet } from '../../api/fleet.ts';
import { Button } from '../../components/button.tsx';
import { Filter, SearchField } from '../../components/field.tsx';
import { Empty, ErrorNote, ViewHead } from '../../components/panel.tsx';
import { EventLine } from './event-line.tsx';
import { matches, timeline } from './timeline.ts';

const KINDS = [...EVENT_KINDS, 'audit'];
const PAGE = 50;
/** Older ones are available through the API: the page does not grow without limit. */
const MAX_PAGES = 10;

export default function Events() {
  const [kinds, setKinds] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState('');
  /** Empty: all. */
  const [gateway, setGateway] = useState('');
  const happened = useLog('events', events);
  const done = useLog(`audit ${gateway}`, (limit, before) => audit(gateway, limit, before));
  // Gateways seldom come and go; the view Fleet asks more often.
  const { data: own } = useQuery({ queryKey: ['fleet', 'names'], queryFn: fleet, refetchInterval: 10_000 });
  const gateways = [...new Set([...(own?.items.map(({ name }) => name) ?? []), ...(gateway === '' ? [] : [gateway])])];
  const entries = useMemo(() => {
    const here = happened.items.filter((event) => gateway === '' || event.gateway === gateway);
    return timeline(here, done.items, own?.name);
  }, [happened.items, done.items, own?.name, gateway]);
  const shown = entries.filter((entry) => matches(entry, kinds, text));
  const toggle = (kind: string): void => {
    const next = new Set(kinds);
    if (!next.delete(kind)) next.add(kind);
    setKinds(next);
  };
  return (
    <>
      <ViewHead title="Events">
        {gateways.length > 1 && (
          <Filter
            label="Gateway"
            options={[['', 'All gateways'], ...gateways.map((name) => [name, name] as const)]}
            value={gateway}
            onChange={setGateway}
          />
        )}
        <SearchField label="Search events" value={text} onChange={setText} />
      </ViewHead>
      <div role="group" aria-label="Kinds shown" className="flex flex-wrap gap-1.5">
        {KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            aria-pressed={kinds.has(kind)}
            onClick={() => toggle(kind)}
            className="rounded-full border border-line bg-surface px-3 py-1 text-xs font-medium text-muted hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent"
          >
            {kind}
          </button>
        ))}
        {kinds.size > 0 && (
          <Button look="quiet" onClick={() => setKinds(new Set())}>
            Show all
          </Button>
        )}
      </div>
      {happened.isError && <ErrorNote>Events are not available right now.</ErrorNote>}
      {done.isError && <ErrorNote>The audit log is not available right now.</ErrorNote>}
      <section className="panel" aria-label="Timeline">
        {shown.length === 0 ? (
          <Empty>{entries.length === 0 ? 'Nothing has happened yet.' : 'No event matches.'}</Empty>
        ) : (
          <ol className="divide-y divide-line">
            {shown.map((entry) => (
              <EventLine key={entry.id} at={entry.at} tone={entry.tone} kind={entry.kind} text={entry.text}>
                {entry.change && (
                  <details className="mt-1 text-xs">
                    <summary className="text-muted">Before and after</summary>
                    <pre className="mt-1 overflow-x-auto rounded bg-sunken p-2 font-mono">
                      {changeText(entry.change)}
                    </pre>
                  </details>
                )}
              </EventLine>
            ))}
          </ol>
        )}
        {(happened.more || done.more) && (
          <p className="border-t border-line p-3 text-center">
            <Button
              isBusy={happened.isLoadingMore || done.isLoadingMore}
              onClick={() => {
                happened.more?.();
                done.more?.();
              }}
            >
              Older
            </Button>
          </p>
        )}
      </section>
    </>
  );
}

function changeText({ before, after }: { readonly before: unknown; readonly after: unknown }): string {
  return `before ${JSON.stringify(before, null, 2)}\nafter  ${JSON.stringify(after, null, 2)}`;
}

/** Pages of a log; the newest is polled. */
function useLog<T>(name: string, read: (limit: number, before?: number) => Promise<Page<T>>) {
  const query = useInfiniteQuery({
    queryKey: [name, 'pages'],
    queryFn: ({ pageParam }) => read(PAGE, pageParam),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last: Page<T>, pages) => (pages.length < MAX_PAGES ? (last.next ?? undefined) : undefined),
    // With several pages open, all would be requested: the reader is not at the newest anyway.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 || state.status === 'error' ? false : 3000),
  });
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return {
    items,
    isError: query.isError,
    isLoadingMore: query.isFetchingNextPage,
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
  };
}

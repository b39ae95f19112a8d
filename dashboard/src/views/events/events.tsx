import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { EVENT_KINDS } from '../../../../src/events/core/events-vocabulary.ts';
import { audit, events, type Page } from '../../api/events.ts';
import { fleet } from '../../api/fleet.ts';
import { Button } from '../../components/button.tsx';
import { Filter, SearchField } from '../../components/field.tsx';
import { Empty, ErrorNote, ViewHead } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import type { Column } from '../../lists/column.ts';
import { ExportButton } from '../../lists/export-button.tsx';
import { groupEvents } from './event-groups.ts';
import { EventLine } from './event-line.tsx';
import { GroupLine } from './group-line.tsx';
import { matches, timeline, type TimelineEntry } from './timeline.ts';

const PAGE = 50;
/** Older ones are available through the API: the page does not grow without limit. */
const MAX_PAGES = 10;
const EVENTS_PER_PAGE = 200;

const COLUMNS: readonly Column<TimelineEntry>[] = [
  { name: 'at', value: ({ at }) => at },
  { name: 'kind', value: ({ kind }) => kind },
  { name: 'severity', value: ({ tone }) => tone },
  { name: 'target', value: ({ target }) => target },
  { name: 'text', value: ({ text }) => text },
];

type Tab = 'events' | 'audit';

export default function Events() {
  const [tab, setTab] = useState<Tab>('events');
  const [kinds, setKinds] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState('');
  /** Empty: all. */
  const [gateway, setGateway] = useState('');
  const [target, setTarget] = useState('');
  const isAudit = tab === 'audit';
  const happened = useLog('events', events, EVENTS_PER_PAGE, !isAudit);
  const done = useLog(`audit ${gateway}`, (limit, before) => audit(gateway, limit, before), PAGE, isAudit);
  // Gateways seldom come and go; the view Fleet asks more often.
  const { data: own } = useQuery({ queryKey: ['fleet', 'names'], queryFn: fleet, refetchInterval: 10_000 });
  const gateways = [...new Set([...(own?.items.map(({ name }) => name) ?? []), ...(gateway === '' ? [] : [gateway])])];
  const entries = useMemo(() => {
    if (isAudit) return timeline([], done.items, own?.name);
    return timeline(
      happened.items.filter((event) => gateway === '' || event.gateway === gateway),
      [],
    );
  }, [isAudit, happened.items, done.items, own?.name, gateway]);
  // Of an operator's call, the kind is its name.
  const known = isAudit ? [...new Set(entries.map(({ kind }) => kind))].toSorted() : EVENT_KINDS;
  const targets = [...new Set(entries.flatMap((entry) => entry.target ?? []))].toSorted();
  const wanted = target !== '' && !targets.includes(target) ? [...targets, target] : targets;
  const shown = entries.filter((entry) => matches(entry, { kinds, text, target }));
  const log = isAudit ? done : happened;
  const choose = (next: Tab): void => {
    setTab(next);
    setKinds(new Set());
    setTarget('');
  };
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
        {wanted.length > 0 && (
          <Filter
            label="Target"
            options={[['', 'All targets'], ...wanted.map((name) => [name, name] as const)]}
            value={target}
            onChange={setTarget}
          />
        )}
        <SearchField label="Search events" value={text} onChange={setText} />
        <ExportButton name={isAudit ? 'audit' : 'events'} columns={COLUMNS} rows={shown} />
      </ViewHead>
      <Segmented
        label="Log shown"
        options={[
          ['events', 'Operational'],
          ['audit', 'Audit trail'],
        ]}
        value={tab}
        onChange={choose}
      />
      <div role="group" aria-label="Kinds shown" className="flex flex-wrap gap-1.5">
        {known.map((kind) => (
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
      {log.isError && (
        <ErrorNote>
          {isAudit ? 'The audit log is not available right now.' : 'Events are not available right now.'}
        </ErrorNote>
      )}
      <section className="panel" aria-label="Timeline">
        {shown.length === 0 ? (
          <Empty>{entries.length === 0 ? 'Nothing has happened yet.' : 'No event matches.'}</Empty>
        ) : (
          <ol className="divide-y divide-line">{isAudit ? shown.map(AuditLine) : groupsOf(shown)}</ol>
        )}
        {log.more !== null && (
          <p className="border-t border-line p-3 text-center">
            <Button isBusy={log.isLoadingMore} onClick={log.more}>
              Older
            </Button>
          </p>
        )}
      </section>
    </>
  );
}

function groupsOf(entries: readonly TimelineEntry[]) {
  return groupEvents(entries).map((group) => <GroupLine key={group.id} group={group} />);
}

function AuditLine({ id, at, tone, kind, text, change }: TimelineEntry) {
  return (
    <EventLine key={id} at={at} tone={tone} kind={kind} text={text}>
      {change && (
        <details className="mt-1 text-xs">
          <summary className="text-muted">Before and after</summary>
          <pre className="mt-1 overflow-x-auto rounded bg-sunken p-2 font-mono">{changeText(change)}</pre>
        </details>
      )}
    </EventLine>
  );
}

function changeText({ before, after }: { readonly before: unknown; readonly after: unknown }): string {
  return `before ${JSON.stringify(before, null, 2)}\nafter  ${JSON.stringify(after, null, 2)}`;
}

/** Pages of a log; the newest is polled while the log is shown. */
function useLog<T>(
  name: string,
  read: (limit: number, before?: number) => Promise<Page<T>>,
  size: number,
  isShown: boolean,
) {
  const query = useInfiniteQuery({
    queryKey: [name, 'pages'],
    queryFn: ({ pageParam }) => read(size, pageParam),
    enabled: isShown,
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

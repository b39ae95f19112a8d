/** Many routes as dense rows: sorted, filtered, and drawn only while they are in view. */
import { memo, useMemo, useState } from 'react';
import type { Route } from '../../api/types.ts';
import { Filter, SearchField } from '../../components/field.tsx';
import { Empty } from '../../components/panel.tsx';
import { formatCount, formatMs, formatNumber, formatShare } from '../../format.ts';
import { inOrder, type Column } from '../../lists/column.ts';
import { ExportButton } from '../../lists/export-button.tsx';
import type { Sort } from '../../lists/order.ts';
import { SortHeads } from '../../lists/sort-head.tsx';
import { useRowsInView } from '../../lists/use-rows-in-view.ts';
import type { RouteSettings } from './route-settings.ts';

interface RouteRow {
  readonly route: RouteSettings;
  readonly figures: Route | undefined;
}

const COLUMNS: readonly Column<RouteRow>[] = [
  {
    name: 'Match',
    value: ({ route }) => route.match,
    cell: ({ route }) => <span className="font-mono">{route.match}</span>,
    className: 'w-[28%]',
  },
  { name: 'Route', value: ({ route }) => route.name, className: 'w-[18%] max-md:hidden' },
  { name: 'Pool', value: ({ route }) => route.pools.join(', ') },
  { name: 'Notes', value: ({ route }) => route.notes.join(' · '), className: 'text-muted max-lg:hidden' },
  {
    name: 'Requests/s',
    value: ({ figures }) => figures?.requests_per_second ?? 0,
    cell: ({ figures }) => formatNumber(figures?.requests_per_second ?? 0),
    isNumber: true,
    className: 'w-26',
  },
  {
    name: 'Errors',
    value: ({ figures }) => figures?.error_share ?? null,
    cell: ({ figures }) => formatShare(figures?.error_share ?? null),
    isNumber: true,
    className: 'w-20 max-sm:hidden',
  },
  {
    name: 'p95',
    value: ({ figures }) => figures?.p95 ?? null,
    cell: ({ figures }) => formatMs(figures?.p95 ?? null),
    isNumber: true,
    className: 'w-20 max-sm:hidden',
  },
];

/** As `.table.one-line td` in styles.css, with its border. */
const ROW_PX = 33;

export interface RouteListProps {
  readonly routes: readonly RouteSettings[];
  readonly figures: readonly Route[];
}

export function RouteList({ routes, figures }: RouteListProps) {
  const [text, setText] = useState('');
  const [pool, setPool] = useState('');
  const [sort, setSort] = useState<Sort | null>(null);
  const pools = useMemo(() => [...new Set(routes.flatMap((route) => route.pools))], [routes]);
  const found = useMemo(() => matching(routes, text, pool), [routes, text, pool]);
  const rows = useMemo(() => {
    const byName = new Map(figures.map((each) => [each.name, each]));
    return inOrder(
      found.map((route) => ({ route, figures: byName.get(route.name) })),
      COLUMNS,
      sort,
    );
  }, [found, figures, sort]);
  const { from, to, onScroll } = useRowsInView(rows.length, ROW_PX);
  return (
    <section className="panel min-w-0" aria-label="Routes">
      <header className="flex min-h-12 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-2">
        <h2 className="text-sm font-semibold">
          Routes{' '}
          <span className="font-normal text-muted" data-route-count>
            {formatCount(rows.length)} of {formatCount(routes.length)}
          </span>
        </h2>
        <div className="flex flex-wrap gap-2">
          <SearchField label="Search route, path or pool" value={text} onChange={setText} />
          <Filter
            label="Pool"
            value={pool}
            onChange={setPool}
            options={[['', 'All pools'], ...pools.map((name) => [name, name] as const)]}
          />
          <ExportButton name="routes" columns={COLUMNS} rows={rows} />
        </div>
      </header>
      {rows.length === 0 ? (
        <Empty>No route matches.</Empty>
      ) : (
        <div
          role="region"
          aria-label="Table of routes"
          tabIndex={0}
          onScroll={onScroll}
          className="relative max-h-[70dvh] overflow-auto"
        >
          <table className="table one-line dense live min-w-[30rem]" aria-rowcount={rows.length + 1}>
            <thead className="sticky top-0 z-10 bg-surface">
              <tr>
                <SortHeads columns={COLUMNS} sort={sort} onSort={setSort} />
              </tr>
            </thead>
            <tbody>
              <Gap rows={from} />
              {rows.slice(from, to).map(({ route, figures: found }, at) => (
                <Row key={route.name} at={from + at + 2} route={route} figures={found} />
              ))}
              <Gap rows={rows.length - to} />
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** The height of rows that are not drawn. */
function Gap({ rows }: { readonly rows: number }) {
  return rows > 0 && <tr aria-hidden="true" style={{ height: rows * ROW_PX }} />;
}

const Row = memo(
  function Row({ at, route, figures }: RouteRow & { readonly at: number }) {
    return (
      <tr aria-rowindex={at} data-route={route.name}>
        {COLUMNS.map(({ name, value, cell, isNumber, className = '' }) => (
          <td
            key={name}
            className={`${isNumber === true ? 'number' : ''} ${className}`}
            title={isNumber === true ? undefined : String(value({ route, figures }) ?? '')}
          >
            {cell === undefined ? value({ route, figures }) : cell({ route, figures })}
          </td>
        ))}
      </tr>
    );
  },
  (before, now) =>
    before.route === now.route &&
    before.at === now.at &&
    before.figures?.requests_per_second === now.figures?.requests_per_second &&
    before.figures?.error_share === now.figures?.error_share &&
    before.figures?.p95 === now.figures?.p95,
);

function matching(routes: readonly RouteSettings[], text: string, pool: string): readonly RouteSettings[] {
  const wanted = text.trim().toLowerCase();
  return routes.filter(
    ({ name, match, pools }) =>
      (pool === '' || pools.includes(pool)) && `${name} ${match} ${pools.join(' ')}`.toLowerCase().includes(wanted),
  );
}

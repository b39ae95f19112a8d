import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { errorText } from '../../api/api-error.ts';
import { discovery } from '../../api/discovery.ts';
import type { DiscoveryPool } from '../../api/types.ts';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { SourceState } from '../../components/source-state.tsx';
import { formatSeconds, NONE } from '../../format.ts';
import { Cells } from '../../lists/cells.tsx';
import { inOrder, shownColumns, type Column } from '../../lists/column.ts';
import { ExportButton } from '../../lists/export-button.tsx';
import type { Sort } from '../../lists/order.ts';
import { SortHeads } from '../../lists/sort-head.tsx';

const COLUMNS: readonly Column<DiscoveryPool>[] = [
  {
    name: 'Pool',
    value: ({ pool }) => pool,
    className: 'min-w-20 font-medium',
  },
  { name: 'Source', value: ({ source }) => source, className: 'max-sm:hidden' },
  {
    name: 'State',
    value: ({ state }) => state,
    cell: (pool) => <SourceState source={pool} notes={pool.refused.map((entry) => `refused: ${entry}`)} />,
    className: 'min-w-36',
  },
  { name: 'Error', value: ({ last_error: reason }) => reason, isExportOnly: true },
  { name: 'Failing since', value: ({ failing_since: since }) => since, isExportOnly: true },
  { name: 'Refused', value: ({ refused }) => refused.join('; ') || null, isExportOnly: true },
  {
    name: 'Members',
    value: ({ members }) => members.length,
    cell: (pool) => (
      <>
        {pool.members.length}
        {heldOf(pool) > 0 && <span className="block text-xs text-warn">{heldOf(pool)} held</span>}
        {unprovenOf(pool) > 0 && <span className="block text-xs text-warn">{unprovenOf(pool)} unproven</span>}
      </>
    ),
    isNumber: true,
  },
  { name: 'Held', value: heldOf, isExportOnly: true },
  { name: 'Unproven', value: unprovenOf, isExportOnly: true },
  {
    name: 'Last list',
    value: ({ age_seconds: age }) => age,
    cell: ({ age_seconds: age }) => (age === null ? NONE : `${formatSeconds(age)} ago`),
    isNumber: true,
    className: 'max-sm:hidden',
  },
  { name: 'Changes', value: ({ changes }) => changes, isNumber: true, className: 'max-md:hidden' },
  { name: 'Failures', value: ({ failures }) => failures, isNumber: true, className: 'max-md:hidden' },
];
const SHOWN = shownColumns(COLUMNS);

/** A row for each pool with a source; nothing if there is none. */
export function DiscoveryPanel() {
  const { data, error } = useQuery({ queryKey: ['discovery'], queryFn: discovery, refetchInterval: 2000 });
  const [sort, setSort] = useState<Sort | null>(null);
  if (error !== null) return <ErrorNote>{errorText(error)}</ErrorNote>;
  if (data === undefined || data.items.length === 0) return null;
  const rows = inOrder(data.items, COLUMNS, sort);
  return (
    <Panel title="Discovery" actions={<ExportButton name="discovery" columns={COLUMNS} rows={rows} />} isFlush>
      <table className="table live">
        <thead>
          <tr>
            <SortHeads columns={SHOWN} sort={sort} onSort={setSort} />
          </tr>
        </thead>
        <tbody>
          {rows.map((pool) => (
            <tr key={pool.pool} data-discovery={pool.pool}>
              <Cells columns={SHOWN} row={pool} />
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function heldOf({ members }: DiscoveryPool): number {
  return members.filter(({ held }) => held !== null).length;
}

function unprovenOf({ members }: DiscoveryPool): number {
  return members.filter(({ proven }) => !proven).length;
}

/** Backends as dense rows: a hundred on a screen or two. */
import { memo, useId, useState } from 'react';
import { Link } from 'wouter';
import type { Backend } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { CircuitBadge, StateBadge, UncheckedBadge } from '../../components/state-badge.tsx';
import { formatCount, formatMs, formatNumber, formatShare } from '../../format.ts';
import { Cells } from '../../lists/cells.tsx';
import { inOrder, shownColumns, type Column } from '../../lists/column.ts';
import { SortHeads, type SortProps } from '../../lists/sort-head.tsx';
import { backendReason, backendState } from '../../live/verdict.ts';
import { useSession } from '../../session/session.tsx';
import { BackendActions } from './backend-actions.tsx';
import { groupText, type PoolGroup } from './backend-order.ts';

export const BACKEND_COLUMNS: readonly Column<Backend>[] = [
  {
    name: 'Backend',
    value: ({ id }) => id,
    cell: ({ id }) => (
      <Link href={`/ui/backends/${encodeURIComponent(id)}`} className="text-accent hover:underline">
        <bdi>{id}</bdi>
      </Link>
    ),
    className: 'name',
  },
  {
    name: 'State',
    value: backendState,
    cell: (backend) => (
      <span title={backendReason(backend) ?? undefined}>
        <StateBadge state={backendState(backend)} /> <UncheckedBadge backend={backend} />
      </span>
    ),
  },
  // In the table, its group says it.
  { name: 'Pool', value: ({ pool }) => pool, isExportOnly: true },
  {
    name: 'URL',
    value: ({ url }) => url,
    cell: ({ url }) => <OneLine className="max-w-40 font-mono text-xs">{url}</OneLine>,
    className: 'max-md:hidden',
  },
  {
    name: 'Reason',
    value: (backend) => backendReason(backend) ?? backend.hint,
    cell: (backend) => <OneLine className="max-w-36">{backendReason(backend) ?? backend.hint ?? ''}</OneLine>,
    className: 'text-muted max-lg:hidden',
  },
  {
    name: 'Circuit',
    value: ({ circuit }) => circuit,
    cell: ({ circuit }) => <CircuitBadge state={circuit} />,
    className: 'max-2xl:hidden',
  },
  {
    name: 'Weight',
    value: ({ effective_weight: weight }) => weight,
    cell: ({ effective_weight: weight }) => formatNumber(weight),
    isNumber: true,
    className: 'max-lg:hidden',
  },
  { name: 'In flight', value: (row) => row.in_flight, cell: (row) => formatCount(row.in_flight), isNumber: true },
  {
    name: 'p95',
    value: ({ p95 }) => p95,
    cell: ({ p95 }) => formatMs(p95),
    isNumber: true,
    className: 'max-sm:hidden',
  },
  {
    name: 'Errors',
    value: ({ error_rate: share }) => share,
    cell: ({ error_rate: share }) => formatShare(share),
    isNumber: true,
  },
  {
    name: 'Requests',
    value: ({ requests_total: total }) => total,
    cell: ({ requests_total: total }) => formatCount(total),
    isNumber: true,
    className: 'max-sm:hidden',
  },
];

const SHOWN = shownColumns(BACKEND_COLUMNS);

/** A row stays a line; the rest is in the tooltip, and on the page of the backend. */
function OneLine({ children, className }: { readonly children: string; readonly className: string }) {
  return (
    <span title={children} className={`block truncate 2xl:max-w-80 ${className}`}>
      {children}
    </span>
  );
}

export interface BackendTableProps extends SortProps {
  readonly groups: readonly PoolGroup[];
}

export function BackendTable({ groups, sort, onSort }: BackendTableProps) {
  const { canOperate } = useSession();
  const width = SHOWN.length + (canOperate ? 1 : 0);
  return (
    <section className="panel relative min-w-0 overflow-x-auto" aria-label="Table of backends" tabIndex={0}>
      <table className="table dense live">
        <thead>
          <tr>
            <SortHeads columns={SHOWN} sort={sort} onSort={onSort} />
            {canOperate && (
              <th className="actions">
                <span className="sr-only">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        {groups.map((group) => (
          <tbody key={group.pool}>
            {groups.length > 1 && (
              <tr data-pool={group.pool}>
                <th scope="rowgroup" colSpan={width} className="bg-sunken">
                  <span className="sticky left-2 inline-block max-w-[calc(100vw-4rem)] whitespace-normal">
                    <span className="font-semibold text-ink">{group.pool}</span>{' '}
                    <span className={group.down > 0 ? 'text-bad' : ''}>{groupText(group)}</span>
                  </span>
                </th>
              </tr>
            )}
            {inOrder(group.backends, BACKEND_COLUMNS, sort).map((backend) => (
              <Row key={backend.id} backend={backend} canOperate={canOperate} />
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}

interface RowProps {
  readonly backend: Backend;
  readonly canOperate: boolean;
}

/** An idle backend stays the same object: its row is not drawn again. */
const Row = memo(function Row({ backend, canOperate }: RowProps) {
  const [isOpen, setOpen] = useState(false);
  const actions = useId();
  return (
    <>
      <tr data-backend={backend.id}>
        <Cells columns={SHOWN} row={backend} />
        {canOperate && (
          <td className="actions">
            <Button
              look="quiet"
              icon="more"
              isDense
              title="Actions"
              aria-label={`Actions of ${backend.id}`}
              aria-expanded={isOpen}
              aria-controls={isOpen ? actions : undefined}
              onClick={() => setOpen(!isOpen)}
            />
          </td>
        )}
      </tr>
      {isOpen && canOperate && (
        <tr id={actions} data-actions={backend.id}>
          <td colSpan={SHOWN.length + 1} className="bg-sunken">
            <div
              role="group"
              aria-label={`Actions of ${backend.id}`}
              className="sticky left-2 max-w-[calc(100vw-4rem)] w-fit py-1"
            >
              <BackendActions backend={backend} />
            </div>
          </td>
        </tr>
      )}
    </>
  );
});

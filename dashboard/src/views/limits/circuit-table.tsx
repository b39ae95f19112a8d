import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { DEFAULT_OPEN_SECONDS, OPEN_SECONDS } from '../../../../src/breaker/core/breaker-vocabulary.ts';
import { openCircuit, resetCircuit } from '../../api/backends.ts';
import { circuits } from '../../api/limits.ts';
import type { Circuit } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/confirm.tsx';
import { Field, SearchField } from '../../components/field.tsx';
import { Hint } from '../../components/hint.tsx';
import { Empty, Panel } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { CircuitBadge } from '../../components/state-badge.tsx';
import { useToasts } from '../../components/toasts.tsx';
import { ADD_BACKEND } from '../../first-commands.ts';
import { formatCount, formatExactTime, formatShare, NONE } from '../../format.ts';
import { inOrder, type Column } from '../../lists/column.ts';
import { ExportButton } from '../../lists/export-button.tsx';
import type { Sort } from '../../lists/order.ts';
import { SortHeads } from '../../lists/sort-head.tsx';
import { useSession } from '../../session/session.tsx';

type Shown = 'all' | 'open';
type CircuitRow = readonly [id: string, circuit: Circuit];

const COLUMNS: readonly Column<CircuitRow>[] = [
  { name: 'Backend', value: ([id]) => id },
  { name: 'State', value: ([, { state }]) => state },
  { name: 'Failures in the window', value: ([, { failure_count: failures }]) => failures, isNumber: true },
  {
    name: 'In a row',
    value: ([, { consecutive_failures: failures }]) => failures,
    isNumber: true,
    className: 'max-md:hidden',
  },
  { name: 'Trips', value: ([, { trips }]) => trips, isNumber: true, className: 'max-md:hidden' },
  { name: 'Next trial', value: ([, { next_attempt: at }]) => at, className: 'max-md:hidden' },
];

/** Those that are not closed first. */
function matching(circuits: Readonly<Record<string, Circuit>>, shown: Shown, text: string): readonly CircuitRow[] {
  const wanted = text.trim().toLowerCase();
  return Object.entries(circuits)
    .filter(([id, { state }]) => id.toLowerCase().includes(wanted) && (shown === 'all' || state !== 'closed'))
    .toSorted(([, one], [, other]) => Number(one.state === 'closed') - Number(other.state === 'closed'));
}

export function CircuitTable() {
  const { canOperate } = useSession();
  const [text, setText] = useState('');
  const [shown, setShown] = useState<Shown>('all');
  const [opened, setOpened] = useState<string | null>(null);
  const { data, refetch } = useQuery({ queryKey: ['circuits'], queryFn: circuits, refetchInterval: 2000 });
  const toast = useToasts();
  const [sort, setSort] = useState<Sort | null>(null);
  const rows = useMemo(() => inOrder(matching(data ?? {}, shown, text), COLUMNS, sort), [data, shown, text, sort]);
  const reset = async (id: string): Promise<void> => {
    await resetCircuit(id);
    toast.done(`${id}: circuit closed`);
    await refetch();
  };
  const controls = (
    <div className="flex flex-wrap gap-2">
      <SearchField label="Search backend" value={text} onChange={setText} />
      <Segmented
        label="State"
        options={[
          ['all', 'All'],
          ['open', 'Not closed'],
        ]}
        value={shown}
        onChange={setShown}
      />
      <ExportButton name="circuits" columns={COLUMNS} rows={rows} />
    </div>
  );
  return (
    <Panel title="Circuits" actions={controls} isFlush>
      {data === undefined ? (
        <Empty>Loading…</Empty>
      ) : Object.keys(data).length === 0 ? (
        <Hint code={ADD_BACKEND}>Each backend has a circuit, and there is no backend. Add one to a pool:</Hint>
      ) : rows.length === 0 ? (
        <Empty>{shown === 'open' ? 'Every circuit is closed.' : 'No backend matches.'}</Empty>
      ) : (
        <table className="table dense live">
          <thead>
            <tr>
              <SortHeads columns={COLUMNS} sort={sort} onSort={setSort} />
              {canOperate && (
                <th className="actions">
                  <span className="sr-only">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map(([id, circuit]) => (
              <tr key={id}>
                <td className="name font-medium">
                  <bdi>{id}</bdi>
                </td>
                <td>
                  <CircuitBadge state={circuit.state} />
                </td>
                <td className="number">{windowText(circuit)}</td>
                <td className="number max-md:hidden">{formatCount(circuit.consecutive_failures)}</td>
                <td className="number max-md:hidden">{formatCount(circuit.trips)}</td>
                <td className="max-md:hidden">
                  {circuit.next_attempt === null ? NONE : formatExactTime(circuit.next_attempt)}
                </td>
                {canOperate && (
                  <td className="actions">
                    {circuit.state === 'closed' ? (
                      <Button
                        look="quiet"
                        isDense
                        aria-label={`Open the circuit of ${id}`}
                        onClick={() => setOpened(id)}
                      >
                        Open
                      </Button>
                    ) : (
                      <Button
                        isDense
                        aria-label={`Reset the circuit of ${id}`}
                        onClick={() => void reset(id).catch((error: unknown) => toast.failed(error))}
                      >
                        Reset
                      </Button>
                    )}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {opened !== null && <OpenCircuit id={opened} onDone={() => void refetch()} onClose={() => setOpened(null)} />}
    </Panel>
  );
}

function OpenCircuit({
  id,
  onDone,
  onClose,
}: {
  readonly id: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const [seconds, setSeconds] = useState(String(DEFAULT_OPEN_SECONDS));
  const toast = useToasts();
  const open = async (): Promise<void> => {
    await openCircuit(id, Number(seconds));
    toast.done(
      `${id}: circuit open for ${seconds} s`,
      () => void resetCircuit(id).catch((error: unknown) => toast.failed(error)),
    );
    onDone();
  };
  return (
    <Confirm title={`Open the circuit of ${id}?`} action="Open" isDanger onConfirm={open} onClose={onClose}>
      <p>It gets no requests until then; afterwards trial requests decide.</p>
      <Field
        label="Seconds"
        type="number"
        min={OPEN_SECONDS.minimum}
        max={OPEN_SECONDS.maximum}
        step={1}
        required
        value={seconds}
        onChange={setSeconds}
      />
    </Confirm>
  );
}

function windowText({ failure_count: failures, total_calls: calls, error_rate: share }: Circuit): string {
  return calls === 0 ? NONE : `${formatCount(failures)} of ${formatCount(calls)} (${formatShare(share)})`;
}

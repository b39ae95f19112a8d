import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DEFAULT_OPEN_SECONDS, OPEN_SECONDS } from '../../../../src/breaker/core/breaker-vocabulary.ts';
import { openCircuit, resetCircuit } from '../../api/backends.ts';
import { circuits } from '../../api/limits.ts';
import type { Circuit } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/confirm.tsx';
import { Field, SearchField } from '../../components/field.tsx';
import { Empty, Panel } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { CircuitBadge } from '../../components/state-badge.tsx';
import { useToasts } from '../../components/toasts.tsx';
import { formatCount, formatExactTime, formatShare, NONE } from '../../format.ts';
import { useSession } from '../../session/session.tsx';

export function CircuitTable() {
  const { canOperate } = useSession();
  const [text, setText] = useState('');
  const [shown, setShown] = useState<'all' | 'open'>('all');
  const [opened, setOpened] = useState<string | null>(null);
  const { data, refetch } = useQuery({ queryKey: ['circuits'], queryFn: circuits, refetchInterval: 2000 });
  const toast = useToasts();
  const rows = Object.entries(data ?? {}).filter(
    ([id, { state }]) =>
      id.toLowerCase().includes(text.trim().toLowerCase()) && (shown === 'all' || state !== 'closed'),
  );
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
    </div>
  );
  return (
    <Panel title="Circuits" actions={controls} isFlush>
      {rows.length === 0 ? (
        <Empty>{shown === 'open' ? 'Every circuit is closed.' : 'No backend matches.'}</Empty>
      ) : (
        <table className="table live">
          <thead>
            <tr>
              <th>Backend</th>
              <th>State</th>
              <th className="number">Failures in the window</th>
              <th className="number max-md:hidden">In a row</th>
              <th className="number max-md:hidden">Trips</th>
              <th className="max-md:hidden">Next trial</th>
              {canOperate && (
                <th>
                  <span className="sr-only">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map(([id, circuit]) => (
              <tr key={id}>
                <td className="font-medium">{id}</td>
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
                  <td className="number">
                    {circuit.state === 'closed' ? (
                      <Button look="quiet" aria-label={`Open the circuit of ${id}`} onClick={() => setOpened(id)}>
                        Open
                      </Button>
                    ) : (
                      <Button
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

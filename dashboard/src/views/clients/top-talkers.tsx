import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { TalkerOrder } from '../../../../src/limits/core/limits-vocabulary.ts';
import { topClients } from '../../api/limits.ts';
import { Hint } from '../../components/hint.tsx';
import { Empty, Panel } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Badge } from '../../components/state-badge.tsx';
import { SEND_REQUEST } from '../../first-commands.ts';
import { formatCount } from '../../format.ts';

/** The clients that sent most, or were refused most, in the last minute. */
export function TopTalkers() {
  const [by, setBy] = useState<TalkerOrder>('requests');
  const { data, isError } = useQuery({
    queryKey: ['top', by],
    queryFn: () => topClients(by, 15),
    refetchInterval: 2000,
  });
  const order = (
    <Segmented
      label="Order"
      options={[
        ['requests', 'Requests'],
        ['refused', 'Refused'],
      ]}
      value={by}
      onChange={setBy}
    />
  );
  return (
    <Panel title="Top talkers, last minute" actions={order} isFlush>
      {isError ? (
        <Empty>Not available right now.</Empty>
      ) : data === undefined ? (
        <Empty>Loading…</Empty>
      ) : data.items.length === 0 ? (
        <Nothing by={by} />
      ) : (
        <table className="table live">
          <thead>
            <tr>
              <th>Client</th>
              <th className="number">Requests</th>
              <th className="number">Refused</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map(({ key, registered, requests, refused }) => (
              <tr key={key}>
                <td className="name">
                  <bdi>{key}</bdi> {registered && <Badge tone="accent">registered</Badge>}
                </td>
                <td className="number">{formatCount(requests)}</td>
                <td className={`number ${refused > 0 ? 'text-warn' : ''}`}>{formatCount(refused)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Nothing({ by }: { readonly by: TalkerOrder }) {
  if (by === 'refused') return <Empty>No client was refused.</Empty>;
  return <Hint code={SEND_REQUEST}>No client has sent a request. Send one to the public port, 8080 by default:</Hint>;
}

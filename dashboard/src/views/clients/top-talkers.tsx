import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { TalkerOrder } from '../../../../src/limits/core/limits-vocabulary.ts';
import { topClients } from '../../api/limits.ts';
import { Empty, Panel } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Badge } from '../../components/state-badge.tsx';
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
      ) : (data?.items.length ?? 0) === 0 ? (
        <Empty>{by === 'requests' ? 'No client has sent a request.' : 'No client was refused.'}</Empty>
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
            {data?.items.map(({ key, registered, requests, refused }) => (
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

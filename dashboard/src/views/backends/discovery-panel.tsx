import { useQuery } from '@tanstack/react-query';
import type { DiscoveryState } from '../../../../src/discovery/core/discovery-vocabulary.ts';
import { errorText } from '../../api/api-error.ts';
import { discovery } from '../../api/discovery.ts';
import type { DiscoveryPool } from '../../api/types.ts';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { Badge, type Tone } from '../../components/state-badge.tsx';
import { formatSeconds, formatTime, NONE } from '../../format.ts';

const TONES: Readonly<Record<DiscoveryState, Tone>> = {
  starting: 'warn',
  cached: 'warn',
  current: 'ok',
  failing: 'bad',
};

/** A row for each pool with a source; nothing if there is none. */
export function DiscoveryPanel() {
  const { data, error } = useQuery({ queryKey: ['discovery'], queryFn: discovery, refetchInterval: 2000 });
  if (error !== null) return <ErrorNote>{errorText(error)}</ErrorNote>;
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Panel title="Discovery" isFlush>
      <table className="table live">
        <thead>
          <tr>
            <th>Pool</th>
            <th>Source</th>
            <th>State</th>
            <th className="number">Members</th>
            <th className="number max-sm:hidden">Last list</th>
            <th className="number max-md:hidden">Changes</th>
            <th className="number max-md:hidden">Failures</th>
          </tr>
        </thead>
        <tbody>
          {data.items.map((pool) => (
            <Row key={pool.pool} pool={pool} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Row({ pool }: { readonly pool: DiscoveryPool }) {
  const { members, last_error: reason, failing_since: since, refused, age_seconds: age } = pool;
  const held = members.filter((member) => member.held !== null).length;
  const unproven = members.filter(({ proven }) => !proven).length;
  return (
    <tr data-discovery={pool.pool}>
      <td className="min-w-20 font-medium">{pool.pool}</td>
      <td>{pool.source}</td>
      <td>
        <Badge tone={TONES[pool.state]}>{pool.state}</Badge>
        {reason !== null && (
          <span className="mt-1 block text-xs text-bad">
            {reason}
            {since === null ? '' : `, since ${formatTime(since)}`}
          </span>
        )}
        {refused.map((entry) => (
          <span key={entry} className="mt-1 block text-xs text-warn">
            refused: {entry}
          </span>
        ))}
      </td>
      <td className="number whitespace-nowrap">
        {members.length}
        {held > 0 && <span className="block text-xs text-warn">{held} held</span>}
        {unproven > 0 && <span className="block text-xs text-warn">{unproven} unproven</span>}
      </td>
      <td className="number whitespace-nowrap max-sm:hidden">{age === null ? NONE : `${formatSeconds(age)} ago`}</td>
      <td className="number max-md:hidden">{pool.changes}</td>
      <td className="number max-md:hidden">{pool.failures}</td>
    </tr>
  );
}

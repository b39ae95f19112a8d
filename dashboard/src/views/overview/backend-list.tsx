import { Link } from 'wouter';
import type { Backend } from '../../api/types.ts';
import { Empty } from '../../components/panel.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { formatCount, formatMs, formatShare } from '../../format.ts';
import { backendState, type BackendState } from '../../live/verdict.ts';

const WORST_FIRST: readonly BackendState[] = ['down', 'degraded', 'draining', 'disabled', 'healthy'];
const SHOWN = 10;

export function BackendList({ backends }: { readonly backends: readonly Backend[] }) {
  if (backends.length === 0) return <Empty>No backend is configured.</Empty>;
  const rank = (backend: Backend): number => WORST_FIRST.indexOf(backendState(backend));
  const sorted = backends.toSorted((one, other) => rank(one) - rank(other));
  return (
    <>
      <table className="table live">
        <thead>
          <tr>
            <th>Backend</th>
            <th className="max-sm:hidden">Pool</th>
            <th>State</th>
            <th className="number max-sm:hidden">In flight</th>
            <th className="number">p95</th>
            <th className="number max-sm:hidden">Failures</th>
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, SHOWN).map((backend) => (
            <tr key={backend.id}>
              <td className="name">
                <Link
                  href={`/ui/backends/${encodeURIComponent(backend.id)}`}
                  className="font-medium text-accent hover:underline"
                >
                  {backend.id}
                </Link>
              </td>
              <td className="min-w-28 max-sm:hidden">{backend.pool}</td>
              <td>
                <StateBadge state={backendState(backend)} />
              </td>
              <td className="number max-sm:hidden">{formatCount(backend.in_flight)}</td>
              <td className="number">{formatMs(backend.p95)}</td>
              <td className="number max-sm:hidden">{formatShare(backend.error_rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > SHOWN && (
        <p className="border-t border-line px-4 py-2 text-sm">
          <Link href="/ui/backends" className="text-accent hover:underline">
            All {sorted.length} backends
          </Link>
        </p>
      )}
    </>
  );
}

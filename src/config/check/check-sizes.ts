import { MAX_BACKENDS, MAX_PLUGINS, MAX_POOLS, MAX_ROUTES } from '../../runtime/table-sizes.ts';
import { isRecord, type Path } from '../file/path.ts';
import { finding, type Finding } from '../file/problem.ts';

/** More than the tables hold. Runs first, because the other checks take time per pool, backend and route. */
export function checkSizes({ pools, routes, plugins }: Readonly<Record<string, unknown>>): readonly Finding[] {
  const every = isRecord(pools) ? Object.values(pools) : [];
  const backends = every.flatMap((pool) => (isRecord(pool) && Array.isArray(pool.backends) ? pool.backends : []));
  const rows = rowsOf(routes);
  const isSplit = Array.isArray(routes) && rows > routes.length;
  return [
    ...atMost(['pools'], every.length, MAX_POOLS, 'pools'),
    ...atMost(['pools'], backends.length, MAX_BACKENDS, 'backends in all pools together'),
    ...atMost(['routes'], rows, MAX_ROUTES, isSplit ? 'routes and pools of splits' : 'routes'),
    ...atMost(['plugins'], isRecord(plugins) ? Object.keys(plugins).length : 0, MAX_PLUGINS, 'plugins'),
  ];
}

/** A route has a row in the metrics table, and one for each pool of a split. */
function rowsOf(routes: unknown): number {
  if (!Array.isArray(routes)) return 0;
  return (routes as readonly unknown[]).reduce(
    (rows: number, route) => rows + 1 + (isRecord(route) && Array.isArray(route.split) ? route.split.length : 0),
    0,
  );
}

function atMost(path: Path, count: number, max: number, what: string): readonly Finding[] {
  return count <= max ? [] : [finding(path, `found ${count} ${what}; at most ${max} are supported`)];
}

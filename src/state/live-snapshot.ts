/** A snapshot as a traffic thread works with it: routes in a table, pools with their strategies, CIDR lists parsed. */
import type { RateLimitSettings, RouteSettings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { cidrSet, type CidrMap } from '../http/cidr-map.ts';
import { RouteTable } from '../http/route-table.ts';
import { Pool, type PoolPorts } from './pool.ts';

/** A route with its pool and its row in the metrics table. */
export interface LiveRoute extends RouteSettings {
  readonly index: number;
  readonly target: Pool;
}

export interface LiveSnapshot {
  readonly version: number;
  readonly rateLimit: RateLimitSettings;
  readonly access: Snapshot['access'];
  readonly allowlist: CidrMap<true>;
  readonly trustProxy: CidrMap<true>;
  readonly routes: RouteTable<LiveRoute>;
  readonly pools: ReadonlyMap<string, Pool>;
}

/**
 * @param previous what is in force: a pool that did not change is taken over as it is, with its strategy's state, its
 * retry budget and its connections.
 */
export function compileSnapshot(snapshot: Snapshot, ports: PoolPorts, previous?: LiveSnapshot): LiveSnapshot {
  const pools = new Map(
    snapshot.pools.map((pool) => {
      const kept = previous?.pools.get(pool.settings.name);
      return [pool.settings.name, kept?.isMadeOf(pool) === true ? kept : new Pool(pool, ports)];
    }),
  );
  const routes = snapshot.routes.map((route) => {
    const target = pools.get(route.settings.pool);
    if (target === undefined) throw new RangeError(`route ${route.settings.name}: no pool ${route.settings.pool}`);
    return { ...route.settings, index: route.index, target };
  });
  return {
    version: snapshot.version,
    rateLimit: snapshot.rateLimit,
    access: snapshot.access,
    allowlist: cidrSet(snapshot.rateLimit.allowlist),
    trustProxy: cidrSet(snapshot.trustProxy),
    routes: new RouteTable(routes),
    pools,
  };
}

/** What the plugins hold on to: `current` is swapped whole, a request keeps what it began with. */
export interface SnapshotHolder {
  current: LiveSnapshot;
}

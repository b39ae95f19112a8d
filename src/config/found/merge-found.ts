/** Puts pools and routes that discovery found behind those of the file. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { MAX_POOLS, MAX_ROUTES } from '../../runtime/table-sizes.ts';
import type { PoolSettings, RouteSettings, Settings } from '../settings.ts';
import type { FragmentSettings } from './load-fragment.ts';

export interface NamedSettings extends FragmentSettings {
  readonly subject: string;
}

/** Of the rows of the metrics table, at most this many for what one object makes: its splits take several each. */
const MAX_ROWS_OF_OBJECT = MAX_ROUTES / 4;

/** Something found that does not apply. */
export interface FoundProblem {
  readonly subject: string;
  readonly message: string;
}

export interface Merged {
  readonly settings: Settings;
  readonly problems: readonly FoundProblem[];
}

/**
 * The file wins, then whatever comes first. A route that matches exactly what an earlier one matches would never be used:
 * it is left out and named.
 */
export function mergeFound(file: Settings, found: readonly NamedSettings[]): Merged {
  const problems: FoundProblem[] = [];
  const pools = new Map(file.pools.map((pool) => [pool.name, pool]));
  const names = new Set(file.routes.map(({ name }) => name));
  const matches = new Map<string, string>(
    file.routes.map((route) => [matchKey(route), `route ${route.name} of the file`]),
  );
  const routes: RouteSettings[] = [...file.routes];
  let rows = file.routes.reduce((sum, route) => sum + rowsOf(route), 0);
  for (const { subject, ...fragment } of found) {
    const refuse = (message: string): void => void problems.push({ subject, message });
    const usable = fragment.routes.filter((route) => {
      const twin = matches.get(matchKey(route));
      if (twin !== undefined) refuse(`${route.name} matches exactly what ${twin} matches, so it would never be used`);
      else if (names.has(route.name)) refuse(`there is already a route ${route.name}`);
      return twin === undefined && !names.has(route.name);
    });
    const used = poolsOf(usable);
    const wanted = fragment.pools.filter(({ name }) => used.has(name));
    const other = wanted.find((pool) => pools.has(pool.name) && !isDeepStrictEqual(pools.get(pool.name), pool));
    const more = usable.reduce((sum, route) => sum + rowsOf(route), 0);
    if (other !== undefined) refuse(`pool ${other.name} is already there, with other settings`);
    else if (more > MAX_ROWS_OF_OBJECT)
      refuse(
        `its routes and their splits count as ${more} routes; at most ${MAX_ROWS_OF_OBJECT} are supported: split it`,
      );
    else if (rows + more > MAX_ROUTES) refuse(`at most ${MAX_ROUTES} routes are supported`);
    else if (pools.size + newPools(wanted, pools) > MAX_POOLS) refuse(`at most ${MAX_POOLS} pools are supported`);
    else {
      rows += more;
      for (const pool of wanted) pools.set(pool.name, pool);
      for (const route of usable) {
        names.add(route.name);
        matches.set(matchKey(route), `route ${route.name}`);
        routes.push(route);
      }
    }
  }
  if (routes.length === file.routes.length) return { settings: file, problems };
  return { settings: Object.freeze({ ...file, pools: [...pools.values()], routes }), problems };
}

/** In the metrics table: one, and one for each pool of a split. */
function rowsOf({ split }: RouteSettings): number {
  return 1 + new Set(split?.map(({ pool }) => pool)).size;
}

function poolsOf(routes: readonly RouteSettings[]): ReadonlySet<string> {
  const named = routes.flatMap(({ pool, split, mirror }) => [
    pool,
    mirror?.pool ?? null,
    ...(split ?? []).map((share) => share.pool),
  ]);
  return new Set(named.filter((name) => name !== null));
}

function newPools(wanted: readonly PoolSettings[], known: ReadonlyMap<string, PoolSettings>): number {
  return wanted.filter(({ name }) => !known.has(name)).length;
}

/** Equal for routes that match the same requests. */
function matchKey({ host, path, pathRegex, pathPrefix, methods, match }: RouteSettings): string {
  const sorted = (record: Readonly<Record<string, string>>, lower = false): readonly unknown[] =>
    Object.entries(record)
      .map(([name, value]) => [lower ? name.toLowerCase() : name, value] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([
    host,
    path,
    pathRegex,
    pathPrefix,
    methods.toSorted(),
    sorted(match.headers, true),
    sorted(match.headersRegex, true),
    sorted(match.query),
    sorted(match.queryRegex),
    match.geo.toSorted(),
  ]);
}

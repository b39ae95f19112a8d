/** A part of the configuration that discovery found: checked alone, by the schema and the checks of the file. */
import { evaluatedDocument } from '../file/evaluated-document.ts';
import { loadDocument } from '../load.ts';
import type { PoolSettings, RouteSettings } from '../settings.ts';
import type { FoundDefaults } from './found-defaults.ts';

/** In the form of the file. */
export interface Fragment {
  /** What it was made of, for operators: `HTTPRoute shop/web`. Unique among those of its provider. */
  readonly subject: string;
  /** By their names in the settings, such as `web.shop.80@kubernetes`. */
  readonly pools: Readonly<Record<string, object>>;
  /** With their names in the settings; they refer to `pools`, or to pools of the file. */
  readonly routes: readonly FragmentRoute[];
}

export interface FragmentRoute {
  readonly name: string;
  readonly [key: string]: unknown;
}

export interface FragmentSettings {
  readonly pools: readonly PoolSettings[];
  readonly routes: readonly RouteSettings[];
}

/**
 * Throws ConfigError: at least one of them is wrong, or two of them match the same requests. One at a time is what counts;
 * many at once take little more time than one.
 * @param filePools names of the pools of the file
 * @param cwd relative names of files, which only defaults name, start here
 */
export function loadFragments(
  fragments: readonly Fragment[],
  defaults: FoundDefaults,
  filePools: readonly string[],
  cwd: string,
): readonly FragmentSettings[] {
  const found: Record<string, object> = {};
  const shared = new Map<string, string>();
  const prepared = fragments.map(({ pools, routes }) => {
    const alias = new Map<string, string>();
    const nameOf = new Map<string, string>();
    for (const [name, pool] of Object.entries(pools)) {
      // A pool of the file takes the place of one that was found under its name: `web` of `web@docker`.
      const given = name.replace(/@.*$/, '');
      if (filePools.includes(given)) {
        alias.set(name, given);
        continue;
      }
      // While it is checked, it has a name that the file could have.
      const key = `${name} ${JSON.stringify(pool)}`;
      const short = shared.get(key) ?? `found-${shared.size}`;
      shared.set(key, short);
      found[short] = pool;
      alias.set(name, short);
      nameOf.set(short, name);
    }
    return { routes, nameOf, written: routes.map((route) => withPools(route, alias)) };
  });
  const root = {
    ...structuredClone(defaults),
    pools: { ...Object.fromEntries(filePools.map((name) => [name, { discover: { push: {} } }])), ...found },
    // Names of the file have at most 100 characters; these are made of other names.
    routes: prepared.flatMap(({ written }) => written).map((route, at) => ({ ...route, name: `route-${at}` })),
  };
  const document = evaluatedDocument(root, 'discovery');
  // Variables of the defaults were filled in with the file, and what is found may use none: others write it.
  const around = { env: {}, flags: {}, cwd, isLiteral: true };
  const { settings } = loadDocument({ document, problems: [], isReadable: true }, around);
  const pools = new Map(settings.pools.map((pool) => [pool.name, pool]));
  let from = 0;
  return prepared.map(({ routes, nameOf }) => {
    const own = settings.routes.slice(from, (from += routes.length));
    return {
      pools: [...nameOf].map(([short, name]) => Object.freeze({ ...pools.get(short)!, name })),
      routes: own.map((route, at) => Object.freeze({ ...withPools(route, nameOf), name: routes[at]!.name })),
    };
  });
}

/** A route of the file or of settings, with other names of pools. */
function withPools<R extends object>(route: R, names: ReadonlyMap<string, string>): R {
  const { pool, split, mirror } = route as {
    readonly pool?: string | null;
    readonly split?: readonly { readonly pool: string }[] | null;
    readonly mirror?: { readonly pool: string } | null;
  };
  const renamed = <T extends { readonly pool: string }>(each: T): T => ({
    ...each,
    pool: names.get(each.pool) ?? each.pool,
  });
  return {
    ...route,
    ...(pool && { pool: names.get(pool) ?? pool }),
    ...(split && { split: split.map(renamed) }),
    ...(mirror && { mirror: renamed(mirror) }),
  };
}

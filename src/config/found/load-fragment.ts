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
 * Throws ConfigError.
 * @param filePools names of the pools of the file
 * @param cwd relative names of files, which only defaults name, start here
 */
export function loadFragment(
  { subject, pools, routes }: Fragment,
  defaults: FoundDefaults,
  filePools: readonly string[],
  cwd: string,
): FragmentSettings {
  // A pool of the file takes the place of one that was found under its name: `web` of `web@docker`.
  const ofFile = Object.keys(pools).filter((name) => filePools.includes(name.replace(/@.*$/, '')));
  const found = Object.keys(pools).filter((name) => !ofFile.includes(name));
  // While they are checked, they have names that the file could have.
  const alias = new Map([
    ...found.map((name, at) => [name, `found-${at}`] as const),
    ...ofFile.map((name) => [name, name.replace(/@.*$/, '')] as const),
  ]);
  const nameOf = new Map(found.map((name) => [alias.get(name)!, name]));
  const root = {
    ...structuredClone(defaults),
    pools: {
      ...Object.fromEntries(filePools.map((name) => [name, { discover: { push: {} } }])),
      ...Object.fromEntries(found.map((name) => [alias.get(name)!, pools[name]])),
    },
    // Names of the file have at most 100 characters; these are made of other names.
    routes: routes.map((route, at) => ({ ...withPools(route, alias), name: `route-${at}` })),
  };
  const document = evaluatedDocument(root, subject);
  const { settings } = loadDocument({ document, problems: [], isReadable: true }, { env: {}, flags: {}, cwd });
  return {
    pools: settings.pools.flatMap((pool) => {
      const name = nameOf.get(pool.name);
      return name === undefined ? [] : [Object.freeze({ ...pool, name })];
    }),
    routes: settings.routes.map((route, at) =>
      Object.freeze({ ...withPools(route, nameOf), name: routes[at]!.name } as RouteSettings),
    ),
  };
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

import { isDeepStrictEqual } from 'node:util';

import type { ConfigAction, ConfigPart } from './core/config-vocabulary.ts';
import { fileKey } from './file-key.ts';
import type { BackendSettings, PoolSettings, RouteSettings, Settings } from './settings.ts';

/** One difference between two configurations, in the file's terms. Never a value: it may be a secret. */
export interface ConfigChange {
  readonly kind: ConfigPart;
  readonly action: ConfigAction;
  /** Dotted key (`rate_limit.default.capacity`), name of the pool or route, id of the backend. */
  readonly name: string;
  /** The changed part of a pool, backend or route: `weight`, `retries.attempts`. */
  readonly keys: readonly string[];
}

/** All differences. A backend with a new URL counts as changed here; to the traffic it is a new one. */
export function compareSettings(before: Settings, after: Settings): readonly ConfigChange[] {
  const { pools: poolsBefore, routes: routesBefore, foundDefaults: _before, ...restBefore } = before;
  const { pools, routes, foundDefaults: _after, ...rest } = after;
  return [
    ...differingKeys(restBefore, rest).map((key): ConfigChange => ({
      kind: 'setting',
      action: 'changed',
      name: key,
      keys: [],
    })),
    ...compareLists('pool', poolsBefore, pools, ({ name }) => name, ownKeys),
    ...compareLists('backend', backendsOf(poolsBefore), backendsOf(pools), ({ id }) => id),
    ...compareRoutes(routesBefore, routes),
  ];
}

/** Dotted keys, in the file's terms, whose values differ. Lists are compared as a whole. */
export function differingKeys(before: object, after: object, prefix = ''): string[] {
  const [one, other] = [before, after] as readonly Readonly<Record<string, unknown>>[];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const [was, is] = [one![key], other![key]];
    if (isDeepStrictEqual(was, is)) return [];
    const name = prefix + fileKey(key);
    // The contents of a table are compared as a whole, too.
    const isWhole = key === 'tableContent';
    return isSection(was) && isSection(is) && !isWhole ? differingKeys(was, is, `${name}.`) : [name];
  });
  // A file and its contents are one key.
  return [...new Set(keys)];
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function compareLists<T>(
  kind: ConfigPart,
  before: readonly T[],
  after: readonly T[],
  nameOf: (item: T) => string,
  shown: (item: T) => object = (item) => item as object,
): ConfigChange[] {
  const was = new Map(before.map((item) => [nameOf(item), item]));
  const is = new Map(after.map((item) => [nameOf(item), item]));
  const changes: ConfigChange[] = [];
  for (const [name, item] of is) {
    const old = was.get(name);
    if (old === undefined) changes.push({ kind, action: 'added', name, keys: [] });
    else if (!isDeepStrictEqual(shown(old), shown(item)))
      changes.push({ kind, action: 'changed', name, keys: differingKeys(shown(old), shown(item)) });
  }
  for (const name of was.keys()) if (!is.has(name)) changes.push({ kind, action: 'removed', name, keys: [] });
  return changes;
}

/** The order of routes has no effect on matching (the most specific wins), so reordering is not a change. */
function compareRoutes(before: readonly RouteSettings[], after: readonly RouteSettings[]): ConfigChange[] {
  return compareLists('route', before, after, ({ name }) => name);
}

/** Without its backends, which are compared by themselves, and what follows from another key. */
function ownKeys(pool: PoolSettings): object {
  return { ...pool, backends: [], tls: { ...pool.tls, addressName: null } };
}

function backendsOf(pools: readonly PoolSettings[]): readonly (BackendSettings & { readonly pool: string })[] {
  return pools.flatMap((pool) => pool.backends.map((backend) => ({ ...backend, pool: pool.name })));
}

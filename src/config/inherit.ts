import { parseDuration } from './schema/duration.ts';
import { HTTP_CHECK_KEYS } from './schema/pool/health-check-schema.ts';
import { SHARED_KEYS } from './schema/pool-schema.ts';
import { defaultPool } from './route-name.ts';
import { ROUTE_DEFAULT_KEYS } from './schema/route/route-defaults-schema.ts';
import { isRecord } from './file/path.ts';

/**
 * Gives every pool the values of the top-level sections that it does not set itself, key by key, in place. Works on
 * unchecked values: anything that is not a mapping is left for the check to report.
 */
export function inheritShared(root: Record<string, unknown>): void {
  if (!isRecord(root.pools)) return;
  for (const pool of Object.values(root.pools)) {
    if (!isRecord(pool)) continue;
    for (const key of SHARED_KEYS) {
      const top = root[key];
      const own = pool[key] ?? {};
      if (!isRecord(top) || !isRecord(own)) continue;
      pool[key] = { ...structuredClone(key === 'health_check' ? inherited(top, own) : top), ...own };
    }
    fitDefaults(pool.health_check);
  }
}

/**
 * Gives every route the keys of `route_defaults` that it does not set itself, in place; also the one that is there if the
 * file has none. Works on unchecked values, as {@link inheritShared}.
 */
export function inheritRouteDefaults(root: Record<string, unknown>): void {
  const { route_defaults: top, pools } = root;
  if (!isRecord(top)) return;
  const given = root.routes ?? [];
  if (!Array.isArray(given)) return;
  const pool = isRecord(pools) ? defaultPool(Object.keys(pools)) : undefined;
  if (given.length === 0 && pool !== undefined) root.routes = [{ pool }];
  for (const route of (root.routes as readonly unknown[] | undefined) ?? []) {
    if (!isRecord(route) || route.inherit === false) continue;
    for (const key of ROUTE_DEFAULT_KEYS) {
      if (Object.hasOwn(top, key) && !Object.hasOwn(route, key)) route[key] = structuredClone(top[key]);
    }
  }
}

/** A pool with TCP checks inherits only the keys that apply to it. */
function inherited(top: Record<string, unknown>, own: Record<string, unknown>): Record<string, unknown> {
  if (own.type !== 'tcp') return top;
  return Object.fromEntries(
    Object.entries(top).filter(([key]) => !(HTTP_CHECK_KEYS as readonly string[]).includes(key)),
  );
}

/** The defaults of `fast_interval` and `timeout`. */
const DEFAULT_MS = 2000;

/**
 * A short interval alone is enough: the keys that depend on it follow. By default, `fast_interval` is 2 s or the
 * interval, whichever is shorter: never slower than the normal pace. `timeout` is 2 s, or half of an interval that is
 * not longer, and at most `fast_interval`.
 */
function fitDefaults(healthCheck: unknown): void {
  if (!isRecord(healthCheck)) return;
  const intervalMs = msOf(healthCheck.interval);
  if (intervalMs !== undefined && intervalMs < DEFAULT_MS) healthCheck.fast_interval ??= healthCheck.interval;
  const ownMs = intervalMs !== undefined && intervalMs <= DEFAULT_MS ? Math.ceil(intervalMs / 2) : DEFAULT_MS;
  const timeoutMs = Math.min(ownMs, msOf(healthCheck.fast_interval) ?? DEFAULT_MS);
  if (timeoutMs < DEFAULT_MS) healthCheck.timeout ??= `${timeoutMs}ms`;
}

/** Undefined: left to the check, or to the default. */
function msOf(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  return ms === 0 ? undefined : ms;
}

import { parseDuration } from './schema/duration.ts';
import { HTTP_CHECK_KEYS } from './schema/health-check-schema.ts';
import { SHARED_KEYS } from './schema/pool-schema.ts';
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

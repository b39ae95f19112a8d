import { parseDuration } from './schema/duration.ts';
import { HTTP_CHECK_KEYS } from './schema/health-check-schema.ts';
import { SHARED_KEYS } from './schema/pool-schema.ts';
import { isRecord } from './file/path.ts';

/**
 * Gives every pool what the sections at the top of the file say and the pool does not, key by key, in place. Works on
 * unchecked values: what is no mapping is left for the check to complain about.
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
    capFastInterval(pool.health_check);
  }
}

/** A pool with TCP checks takes from the checks at the top what suits it. */
function inherited(top: Record<string, unknown>, own: Record<string, unknown>): Record<string, unknown> {
  if (own.type !== 'tcp') return top;
  return Object.fromEntries(
    Object.entries(top).filter(([key]) => !(HTTP_CHECK_KEYS as readonly string[]).includes(key)),
  );
}

/** Where it is not given, `fast_interval` is 2 s or the interval, whichever is shorter: never slower than the normal pace. */
function capFastInterval(healthCheck: unknown): void {
  if (!isRecord(healthCheck) || typeof healthCheck.interval !== 'string') return;
  const intervalMs = parseDuration(healthCheck.interval);
  if (intervalMs !== undefined && intervalMs < 2000) healthCheck.fast_interval ??= healthCheck.interval;
}

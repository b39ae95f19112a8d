import { parseDuration } from './duration.ts';
import { SHARED_KEYS } from './pool-schema.ts';
import { isRecord } from './path.ts';

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
      if (isRecord(top) && isRecord(own)) pool[key] = { ...structuredClone(top), ...own };
    }
    capFastInterval(pool.health_check);
  }
}

/** Where it is not given, `fast_interval` is 2 s or the interval, whichever is shorter: never slower than the normal pace. */
function capFastInterval(healthCheck: unknown): void {
  if (!isRecord(healthCheck) || typeof healthCheck.interval !== 'string') return;
  const intervalMs = parseDuration(healthCheck.interval);
  if (intervalMs !== undefined && intervalMs < 2000) healthCheck.fast_interval ??= healthCheck.interval;
}

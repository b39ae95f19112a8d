/** The result of a change to a client's limit. Settings of a bucket and of a window cannot be mixed. */
import { DEFAULT_WINDOW_SECONDS, RATE } from './core/limits-vocabulary.ts';
import { MAX_FILL_SECONDS } from './core/token-bucket.ts';
import { GatewayError, type FieldProblem } from '../errors.ts';
import type { StoredClient } from './client-store.ts';

export type ClientLimit = Pick<StoredClient, 'algorithm' | 'capacity' | 'ratePerSecond' | 'windowSeconds'>;

/**
 * Applies `wanted` to `before`. A window's rate is its average; a client that goes back to a token bucket without
 * naming a rate keeps it.
 *
 * Throws GW_VALIDATION that names every field which does not belong to the algorithm, or does not fit the others.
 */
export function clientLimit(wanted: Partial<ClientLimit>, before: ClientLimit): ClientLimit {
  const { algorithm = before.algorithm, capacity = before.capacity } = wanted;
  if (algorithm === 'sliding-window') {
    if (wanted.ratePerSecond !== undefined) {
      const message = 'belongs to a token bucket; of a sliding window it follows from capacity and window_seconds';
      throw invalid({ field: 'rate_per_second', message });
    }
    const windowSeconds = wanted.windowSeconds ?? before.windowSeconds ?? DEFAULT_WINDOW_SECONDS;
    return { algorithm, capacity, ratePerSecond: capacity / windowSeconds, windowSeconds };
  }
  if ((wanted.windowSeconds ?? null) !== null) {
    throw invalid({ field: 'window_seconds', message: 'belongs to a client whose algorithm is sliding-window' });
  }
  const { ratePerSecond = before.ratePerSecond } = wanted;
  if (ratePerSecond > RATE.maximum) {
    // Worded like the schema, which does not know what is stored.
    const message = `must be a number above 0, up to ${RATE.maximum}, found ${ratePerSecond}`;
    throw invalid({ field: 'rate_per_second', message });
  }
  assertFillable(capacity, ratePerSecond);
  return { algorithm, capacity, ratePerSecond, windowSeconds: null };
}

/** Refuses a bucket that would take longer to fill than the limiter's arithmetic is exact for. */
function assertFillable(capacity: number, ratePerSecond: number): void {
  if (capacity / ratePerSecond <= MAX_FILL_SECONDS) return;
  const min = (capacity / MAX_FILL_SECONDS).toPrecision(3);
  const message = `too slow for capacity ${capacity}: a bucket must fill within 366 days, so at least ${min}`;
  throw invalid({ field: 'rate_per_second', message });
}

function invalid(problem: FieldProblem): GatewayError {
  return new GatewayError('GW_VALIDATION', { details: [problem] });
}

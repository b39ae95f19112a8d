/** How the outcome of an attempt is rated by everything that balances by latency or load. */
import { DEFAULT_LATENCY_MS } from './strategy.ts';

/**
 * - good: an answer below 400. It shows how fast the backend is.
 * - neutral: another answer below 500. It shows nothing: it may be fast because there was little to do.
 * - bad: 429, 500 and above, and anything that ends without an answer. It counts as slower than the slowest.
 *
 * The circuit has its own rule: it does not count 429 and most 500s as failures.
 */
export type Judgement = 'good' | 'neutral' | 'bad';

/** @param status 0: there was no answer. */
export function judge(status: number, isFailure: boolean): Judgement {
  if (isFailure || status === 429 || status >= 500) return 'bad';
  return status >= 400 ? 'neutral' : 'good';
}

/** How many times slower than the slowest backend of the pool a bad attempt counts. */
const PENALTY = 2;

/**
 * The duration that a bad attempt counts as, ms. It must exceed the latency of every equal backend, or failing would be
 * free. Sources: linkerd2-proxy #4537 (a penalty for 429 and 5xx in its peak EWMA); ingress-nginx #9882.
 *
 * @param slowestMs the highest average of the pool's backends; NaN: none has one
 */
export function penaltyMs(slowestMs: number): number {
  return PENALTY * (Number.isNaN(slowestMs) ? DEFAULT_LATENCY_MS : slowestMs);
}

/**
 * The average that balancing compares, ms: bad attempts contribute proportionally, as if each had taken `badMs`.
 *
 * @param goodMs average of good answers; NaN: unknown
 * @param failing share of bad attempts, 0..1
 */
export function penalizedMs(goodMs: number, failing: number, badMs: number): number {
  if (failing === 0) return goodMs;
  return Number.isNaN(goodMs) ? badMs : goodMs + failing * Math.max(0, badMs - goodMs);
}

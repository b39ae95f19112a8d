/**
 * Time to wait before a retry, ms: anywhere between 0 and `baseMs` × 2^attempt, at most `maxMs`. "Full jitter" spreads
 * callers that failed together best. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015).
 *
 * @param attempt 0 before the first retry
 * @param random01 0 up to but not including 1
 */
export function fullJitterMs(attempt: number, baseMs: number, maxMs: number, random01: number): number {
  return random01 * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 64));
}

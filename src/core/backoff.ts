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

/** As {@link fullJitterMs}, but at least half of the time: for what must not be tried again at once. */
export function equalJitterMs(attempt: number, baseMs: number, maxMs: number, random01: number): number {
  const wholeMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 64));
  return (wholeMs * (1 + random01)) / 2;
}

export interface SlidingWindowSettings {
  /** Cost admitted in any window, > 0. Default 100. */
  readonly limit: number;
  /** Default 60 s. */
  readonly windowMs: number;
}

/**
 * Sliding window of two counters: this window's count, plus the last one's weighted by the share of it that still
 * reaches into the sliding window. Constant memory; assumes the last window's requests were spread evenly.
 * Source: Cloudflare, "How we built rate limiting capable of scaling to millions of domains" (2017).
 *
 * Refused requests change nothing, so a caller that keeps trying is not locked out.
 */
export class SlidingWindow {
  readonly #limit: number;
  readonly #windowMs: number;
  #window = 0;
  #current = 0;
  #previous = 0;
  #latestMs = 0;

  constructor({ limit, windowMs }: SlidingWindowSettings) {
    if (!(limit > 0 && limit < Infinity)) throw new RangeError(`limit must be above 0 and finite, not ${limit}`);
    if (!(windowMs > 0 && windowMs < Infinity)) {
      throw new RangeError(`windowMs must be above 0 and finite, not ${windowMs}`);
    }
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** What is used up now, 0..limit. Changes nothing. */
  used(nowMs: number): number {
    const atMs = Math.max(nowMs, this.#latestMs);
    const window = Math.floor(atMs / this.#windowMs);
    const weight = 1 - (atMs - window * this.#windowMs) / this.#windowMs;
    return this.#previousOf(window) * weight + this.#currentOf(window);
  }

  /**
   * 0: taken. Otherwise nothing is taken, and the answer is the whole milliseconds until it could be, if nobody else
   * takes; Infinity when `cost` is above the limit. While the clock is behind its latest reading, that one counts.
   */
  take(cost: number, nowMs: number): number {
    if (this.used(nowMs) + cost > this.#limit) return this.#waitMs(cost, nowMs);
    this.#latestMs = Math.max(nowMs, this.#latestMs);
    const window = Math.floor(this.#latestMs / this.#windowMs);
    const current = this.#currentOf(window);
    this.#previous = this.#previousOf(window);
    this.#current = current + cost;
    this.#window = window;
    return 0;
  }

  #currentOf(window: number): number {
    return window === this.#window ? this.#current : 0;
  }

  #previousOf(window: number): number {
    if (window === this.#window) return this.#previous;
    return window === this.#window + 1 ? this.#current : 0;
  }

  /** Solves `previous × (1 − elapsed share) + current = limit − cost` for the time, in this window or the next. */
  #waitMs(cost: number, nowMs: number): number {
    const room = this.#limit - cost;
    if (room < 0) return Infinity;
    const window = Math.floor(Math.max(nowMs, this.#latestMs) / this.#windowMs);
    const current = this.#currentOf(window);
    const share = current <= room ? 1 - (room - current) / this.#previousOf(window) : 2 - room / current;
    return Math.ceil((window + share) * this.#windowMs - nowMs);
  }
}

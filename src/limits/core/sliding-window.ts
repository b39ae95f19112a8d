export interface SlidingWindowSettings {
  /** Cost admitted in any window, > 0. Default 100. */
  readonly limit: number;
  /** Default 60 s. */
  readonly windowMs: number;
}

/**
 * Sliding window of two counters: this window's count, plus the last one's weighted by the share of it that still
 * overlaps the sliding window. Constant memory; assumes that the last window's requests were spread evenly. Source:
 * Cloudflare, "How we built rate limiting capable of scaling to millions of domains" (2017).
 *
 * Refused requests change nothing, so a caller that keeps trying is not locked out. If the clock goes back to before
 * the current window, it is treated as at the window's start, where both counters weigh most.
 *
 * The state is `endsMs`, when both counters expire, and the counters. It may be kept elsewhere: {@link load} loads it,
 * as often as needed, without allocating.
 */
export class SlidingWindow {
  /** Cost in this window and in the previous one; whole numbers if costs are. */
  current = 0;
  previous = 0;
  #limit: number;
  #windowMs: number;
  #window = 0;
  /** Where windows begin, ms after a multiple of their length. */
  #originMs = 0;

  constructor({ limit, windowMs }: SlidingWindowSettings) {
    if (!(limit > 0 && limit < Infinity)) throw new RangeError(`limit must be above 0 and finite, not ${limit}`);
    if (!(windowMs > 0 && windowMs < Infinity)) {
      throw new RangeError(`windowMs must be above 0 and finite, not ${windowMs}`);
    }
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /**
   * Other settings and another state. An `endsMs` that is not a boundary of these windows (to a microsecond) comes from
   * other settings: the counters then count from now on. Settings are not checked.
   */
  load(limit: number, windowMs: number, endsMs: number, current: number, previous: number, nowMs: number): void {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#originMs = 0;
    const ends = Math.round(endsMs / windowMs);
    const isOver = endsMs <= nowMs;
    this.#window = !isOver && Math.abs(ends * windowMs - endsMs) < 1e-3 ? ends - 2 : Math.floor(nowMs / windowMs);
    this.current = isOver ? 0 : current;
    this.previous = isOver ? 0 : previous;
  }

  /** Other settings and the state of a window that began at `startMs`, on another clock's grid. */
  follow(limit: number, windowMs: number, startMs: number, current: number, previous: number): void {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#window = Math.floor(startMs / windowMs);
    this.#originMs = startMs - this.#window * windowMs;
    this.current = current;
    this.previous = previous;
  }

  /** When everything taken so far has expired. */
  get endsMs(): number {
    return (this.#window + 2) * this.#windowMs + this.#originMs;
  }

  /** What is used now, 0..limit, or up to twice the limit after {@link charge}. Changes nothing. */
  used(nowMs: number): number {
    const atMs = Math.max(nowMs - this.#originMs, this.#window * this.#windowMs);
    const window = Math.max(this.#window, Math.floor(atMs / this.#windowMs));
    const weight = 1 - (atMs - window * this.#windowMs) / this.#windowMs;
    return this.#previousOf(window) * Math.min(1, weight) + this.#currentOf(window);
  }

  /** There is room for `cost` now. */
  admits(cost: number, nowMs: number): boolean {
    return this.used(nowMs) + cost <= this.#limit;
  }

  /**
   * 0: taken. Otherwise nothing is taken, and the result is the whole milliseconds until it could be, if nobody else
   * takes; Infinity if `cost` is above the limit.
   */
  take(cost: number, nowMs: number): number {
    if (!this.admits(cost, nowMs)) return this.waitMs(cost, nowMs);
    this.#roll(nowMs);
    this.current += cost;
    return 0;
  }

  /**
   * Counts what has been used already, as far as no more than twice the limit is used then: as a token bucket's debt is
   * at most one bucket. Callers wait until enough of it has left the window, at most two windows.
   */
  charge(cost: number, nowMs: number): void {
    this.#roll(nowMs);
    const room = Math.floor(2 * this.#limit - this.used(nowMs));
    this.current += Math.max(0, Math.min(cost, room));
  }

  /** Returns what was taken at `takenMs`. */
  refund(cost: number, takenMs: number): void {
    const window = Math.floor((takenMs - this.#originMs) / this.#windowMs);
    if (window >= this.#window) this.current = Math.max(0, this.current - cost);
    else if (window === this.#window - 1) this.previous = Math.max(0, this.previous - cost);
  }

  /** Sets what is used now, rounded up to a whole number; it counts as taken now. */
  setUsed(used: number, nowMs: number): void {
    this.#window = Math.floor((nowMs - this.#originMs) / this.#windowMs);
    this.previous = 0;
    this.current = Math.ceil(Math.min(2 * this.#limit, Math.max(0, used)));
  }

  /** Sets what is used now, as if it had been taken evenly for a window's length. */
  spreadUsed(used: number, nowMs: number): void {
    const spread = Math.min(this.#limit, Math.max(0, used));
    const at = (nowMs - this.#originMs) / this.#windowMs;
    this.#window = Math.floor(at);
    this.previous = Math.ceil(spread);
    this.current = Math.ceil(spread * (at - this.#window));
  }

  /** Solves `previous × (1 − elapsed share) + current = limit − cost` for the time, in this window or the next. */
  waitMs(cost: number, nowMs: number): number {
    const room = this.#limit - cost;
    if (room < 0) return Infinity;
    const atMs = nowMs - this.#originMs;
    const window = Math.max(this.#window, Math.floor(atMs / this.#windowMs));
    const current = this.#currentOf(window);
    const share = current <= room ? 1 - (room - current) / this.#previousOf(window) : 2 - room / current;
    return Math.ceil((window + share) * this.#windowMs - atMs);
  }

  #roll(nowMs: number): void {
    const window = Math.max(this.#window, Math.floor((nowMs - this.#originMs) / this.#windowMs));
    const current = this.#currentOf(window);
    this.previous = this.#previousOf(window);
    this.current = current;
    this.#window = window;
  }

  #currentOf(window: number): number {
    return window === this.#window ? this.current : 0;
  }

  #previousOf(window: number): number {
    if (window === this.#window) return this.previous;
    return window === this.#window + 1 ? this.current : 0;
  }
}

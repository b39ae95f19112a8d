/** Rates from cumulative counts: remembers the counts of the last seconds. Pure; time is an argument. */
export class RateWindow {
  readonly #seconds: number;
  readonly #samples: { readonly atMs: number; readonly counts: readonly number[] }[] = [];

  /** @param seconds how far back it can look. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** About once a second. */
  sample(counts: readonly number[], nowMs: number): void {
    this.#samples.push({ atMs: nowMs, counts });
    while (this.#samples.length > this.#seconds + 1) this.#samples.shift();
  }

  /** Events per second of count `at` over the last `seconds`, or as long as there are samples; 0 without any. */
  perSecond(at: number, countNow: number, seconds: number, nowMs: number): number {
    const oldest = nowMs - seconds * 1000;
    // The newest sample that is old enough, else the oldest there is.
    const since = this.#samples.findLast((sample) => sample.atMs <= oldest) ?? this.#samples[0];
    if (since === undefined || nowMs - since.atMs < 1) return 0;
    return Math.max(0, ((countNow - (since.counts[at] ?? 0)) * 1000) / (nowMs - since.atMs));
  }
}

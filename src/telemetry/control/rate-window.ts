/** Rates from cumulative counts: remembers the counts of the last seconds. Pure; time is an argument. */

interface Sample {
  readonly atMs: number;
  /** Undefined: there was none. */
  readonly counts: readonly (number | undefined)[];
}

export class RateWindow {
  readonly #seconds: number;
  readonly #samples: Sample[] = [];

  /** @param seconds how far back it can look. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** About once a second. */
  sample(counts: readonly number[], nowMs: number): void {
    this.#samples.push({ atMs: nowMs, counts });
    while (this.#samples.length > this.#seconds + 1) this.#samples.shift();
  }

  /**
   * Events per second of count `at` over the last `seconds`, or as long as there are samples of it; 0 without any. A
   * count that began again at zero is measured from its first sample after that.
   */
  perSecond(at: number, countNow: number, seconds: number, nowMs: number): number {
    const oldest = nowMs - seconds * 1000;
    // The newest sample that is old enough, else the oldest there is.
    const from = Math.max(
      0,
      this.#samples.findLastIndex((sample) => sample.atMs <= oldest),
    );
    let since: Sample | undefined;
    for (let later = countNow, index = this.#samples.length - 1; index >= from; index -= 1) {
      const count = this.#samples[index]!.counts[at];
      if (count === undefined) continue;
      if (count > later) break;
      later = count;
      since = this.#samples[index];
    }
    if (since === undefined || nowMs - since.atMs < 1) return 0;
    return ((countNow - since.counts[at]!) * 1000) / (nowMs - since.atMs);
  }
}

/** Lets something happen for each key once in an interval. */
export class Occasionally {
  readonly #intervalMs: number;
  readonly #maxKeys: number;
  readonly #lastMs = new Map<string, number>();

  /** @param maxKeys with more, all are forgotten, and may happen again. Default: 100,000 */
  constructor(intervalMs: number, maxKeys = 100_000) {
    this.#intervalMs = intervalMs;
    this.#maxKeys = maxKeys;
  }

  /** True at most once in the interval. */
  isDue(key: string, nowMs: number): boolean {
    const lastMs = this.#lastMs.get(key);
    if (lastMs !== undefined && nowMs < lastMs + this.#intervalMs) return false;
    if (this.#lastMs.size >= this.#maxKeys) this.#lastMs.clear();
    this.#lastMs.set(key, nowMs);
    return true;
  }
}

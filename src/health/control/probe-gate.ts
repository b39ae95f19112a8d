/** Runs at most this many tasks at once; the others wait in order of arrival. */
export class ProbeGate {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param limit 1 or more */
  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1)
      throw new RangeError(`limit must be a whole number from 1, not ${limit}`);
    this.#limit = limit;
  }

  async run(task: () => Promise<void>): Promise<void> {
    // A task that ends hands its slot to the next in line, so nothing can slip in between.
    if (this.#running < this.#limit) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

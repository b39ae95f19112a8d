/** Those that wait for the same thing, by its key: it is done once for all of them. */
export class Waiters<T> {
  readonly #byKey = new Map<string, ((value: T) => void)[]>();

  /** Keys that somebody waits for. */
  get size(): number {
    return this.#byKey.size;
  }

  /** True: nobody waits for it yet, so begin it. */
  add(key: string, waiter: (value: T) => void): boolean {
    const waiting = this.#byKey.get(key);
    if (waiting !== undefined) {
      waiting.push(waiter);
      return false;
    }
    this.#byKey.set(key, [waiter]);
    return true;
  }

  /** It is not going to be done; those that wait for it have been notified. */
  drop(key: string): void {
    this.#byKey.delete(key);
  }

  /** Calls all that wait for it. */
  settle(key: string, value: T): void {
    const waiting = this.#byKey.get(key) ?? [];
    this.#byKey.delete(key);
    for (const waiter of waiting) waiter(value);
  }
}

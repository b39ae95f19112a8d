/** Keeps the last `size` items; the oldest is dropped first. */
export class Ring<T> {
  readonly #size: number;
  readonly #items: T[] = [];
  /** Index of the next one once it is full: that of the oldest. */
  #next = 0;

  /** @param size from 1 */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`size must be a whole number from 1, not ${size}`);
    this.#size = size;
  }

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** Newest first. */
  *newest(): Generator<T> {
    const { length } = this.#items;
    for (let back = 1; back <= length; back += 1) yield this.#items[(this.#next - back + length) % length]!;
  }
}

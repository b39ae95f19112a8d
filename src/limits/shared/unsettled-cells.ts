/**
 * What the client table keeps of a limit that a fleet shares, beside its slot: when the fleet's own was seen, and how much this
 * gateway has admitted since that it does not include. 16 bytes a slot: seen (float64, ms) · unsettled (int32).
 */
export const UNSETTLED_BYTES = 16;
/** What an int32 holds. */
const MAX_TOKENS = 2 ** 31 - 1;

export class UnsettledCells {
  readonly #seen: Float64Array;
  readonly #tokens: Int32Array;

  /** @param memory empty: no limit is shared */
  constructor(memory: SharedArrayBuffer) {
    this.#seen = new Float64Array(memory);
    this.#tokens = new Int32Array(memory);
  }

  get isThere(): boolean {
    return this.#seen.length > 0;
  }

  /** −Infinity: never. It is 0 in memory that nothing was written to. */
  seenMs(slot: number): number {
    const seenMs = this.#seen[slot * 2]!;
    return seenMs > 0 ? seenMs : -Infinity;
  }

  /** @param nowMs 0: as if it had never been. */
  onSeen(slot: number, nowMs: number): void {
    this.#seen[slot * 2] = nowMs;
  }

  tokens(slot: number): number {
    return Atomics.load(this.#tokens, slot * 4 + 2);
  }

  /** Below 0 counts as 0: a dead thread's part is removed at once. @returns the sum */
  add(slot: number, tokens: number): number {
    const index = slot * 4 + 2;
    for (;;) {
      const before = Atomics.load(this.#tokens, index);
      const after = Math.min(MAX_TOKENS, Math.max(0, before + tokens));
      if (Atomics.compareExchange(this.#tokens, index, before, after) === before) return after;
    }
  }

  /** Of another client from now on. */
  clear(slot: number): void {
    this.#seen[slot * 2] = 0;
    Atomics.store(this.#tokens, slot * 4 + 2, 0);
  }

  /**
   * A thread died, and its part cannot be distinguished from the others'; these charge what they have admitted all the same. Pages that
   * nothing was written to stay free.
   */
  forget(slot: number): void {
    if (this.#tokens[slot * 4 + 2]! > 0) Atomics.store(this.#tokens, slot * 4 + 2, 0);
  }
}

/**
 * From a monotonic clock to the wall clock, both in ms: finer than the wall clock's own resolution of 1 ms, and it
 * follows when the wall clock is set.
 */
export class WallOffset {
  #offsetMs = -Infinity;

  /** @param nowMs of the monotonic clock @param wallMs of the wall clock, whole ms, read at the same time */
  at(nowMs: number, wallMs: number): number {
    const seen = wallMs - nowMs;
    // The wall clock is truncated: the true offset is the largest seen, unless it was set back.
    if (seen > this.#offsetMs || seen < this.#offsetMs - 2) this.#offsetMs = seen;
    return this.#offsetMs;
  }
}

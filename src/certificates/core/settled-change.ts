/**
 * When to read files again that were changed by someone else: once they have rested, so that none is half-written. What
 * cannot be used then may be one of two files that are changed one after the other: that is a failure only if nothing
 * follows.
 */

/** Between two files that belong together, ms. */
export const SETTLE_MS = 5000;

export class SettledChange {
  #read: string;
  /** At the look before. */
  #seen: string;
  #refused: { readonly stamp: string; readonly sinceMs: number; isFailure: boolean } | null = null;

  /** @param stamp of the files as they were read: different for every change */
  constructor(stamp: string) {
    this.#read = stamp;
    this.#seen = stamp;
  }

  /** One look at the files: whether to read them. */
  see(stamp: string): boolean {
    const hasRested = stamp === this.#seen;
    this.#seen = stamp;
    if (stamp === this.#read || !hasRested) return false;
    return !(this.#refused?.stamp === stamp && this.#refused.isFailure);
  }

  /** They were read, and are in use. */
  accept(stamp: string): void {
    this.#read = stamp;
    this.#refused = null;
  }

  /** They were read, and cannot be used: whether that has just become a failure. */
  refuse(stamp: string, nowMs: number): boolean {
    if (this.#refused?.stamp !== stamp) this.#refused = { stamp, sinceMs: nowMs, isFailure: false };
    if (this.#refused.isFailure || nowMs - this.#refused.sinceMs < SETTLE_MS) return false;
    this.#refused.isFailure = true;
    return true;
  }
}

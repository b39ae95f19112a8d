/**
 * Attempts that ended sooner than a good one would have, held against their backend for the time that was missing. A
 * backend that fails at once has no requests in flight, and so looks like the least busy one; by Little's law, requests
 * that each count for `forMs` make it look as busy as one that takes that long to answer well.
 *
 * The count decays exponentially, so that it is two numbers however many attempts there are.
 */

/** What is left of `count` after `elapsedMs`; a clock that went back leaves it as it is. */
export function lingering(count: number, elapsedMs: number, forMs: number): number {
  return elapsedMs > 0 ? count * Math.exp(-elapsedMs / forMs) : count;
}

/** As whole requests, like those in flight. A single one lasts `forMs`: until e⁻¹ of it is left. */
export function lingeringCount(count: number): number {
  return Math.floor(count + 1 - Math.exp(-1));
}

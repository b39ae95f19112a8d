/**
 * Attempts that ended sooner than a good one would have, held against their backend for the missing time. A backend
 * that fails at once has no requests in flight, and so looks least busy; by Little's law, counting each of these
 * requests for `forMs` makes it look as busy as a backend that takes that long to answer normally.
 *
 * The count decays exponentially, so two numbers represent any number of attempts.
 */

/** What is left of `count` after `elapsedMs`; unchanged if the clock went back. */
export function lingering(count: number, elapsedMs: number, forMs: number): number {
  return elapsedMs > 0 ? count * Math.exp(-elapsedMs / forMs) : count;
}

/** Rounded to whole requests, like those in flight. A single one lasts `forMs`, until e⁻¹ of it is left. */
export function lingeringCount(count: number): number {
  return Math.floor(count + 1 - Math.exp(-1));
}

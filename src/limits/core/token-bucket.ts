/**
 * Token bucket kept as one number: the generic cell rate algorithm (GCRA), "virtual scheduling" form. Source: ATM
 * Forum, Traffic Management Specification 4.0 (1996), §4.4 and annex C; ITU-T I.371, annex A.
 *
 * `tatMs`, the theoretical arrival time, is when the bucket will be full again; at or before now it is full. Taking
 * moves it into the future by the time the tokens need to refill; a take that would move it further than a whole
 * bucket's worth is refused. There is no ticker and nothing to refill, so a clock that goes back can only make the
 * bucket look emptier, never fuller: no token is given twice.
 *
 * **Exact at every rate.** A float64 of milliseconds after a year of uptime has steps of 2⁻¹⁸ ms. One token at 10⁶/s is
 * 0.001 ms = 262.144 steps; rounding that at every take would permanently give 0.05 % too many tokens. So times are
 * snapped to a grid of a power of two of steps per token (16 at 10⁶/s, 2²⁴ below 1/s): a cost in whole tokens is a
 * whole number of steps, and sums of whole numbers are exact. Reading a time back onto the grid is exact while steps <
 * 2⁵¹, which holds for uptime + time to fill < 4 years ({@link MAX_FILL_SECONDS} keeps the latter under 366 days);
 * after that rates are off by less than 1 %.
 */
import { REFUSED } from '../../core/refused.ts';

export { REFUSED };

export interface BucketSettings {
  /** Largest burst, in tokens, 1..1e9; need not be whole. */
  readonly capacity: number;
  /** Refill, in tokens per second, > 0..1e6. */
  readonly ratePerSecond: number;
}

/** Steps of the time grid in which one token refills: 2⁴..2²⁴, a step lasting 60..120 ns at 1/s and faster. */
function stepsPerToken(ratePerSecond: number): number {
  return 0x1000000 >>> (32 - Math.clz32(ratePerSecond));
}

/**
 * Takes `cost` tokens: the new `tatMs`, or {@link REFUSED}, in which case nothing changes.
 *
 * @param cost whole tokens, 1 or more; above `capacity` it is always refused
 * @param nowMs monotonic, 0 or more
 */
export function takeTokens(
  tatMs: number,
  cost: number,
  capacity: number,
  ratePerSecond: number,
  nowMs: number,
): number {
  const steps = stepsPerToken(ratePerSecond);
  const stepsPerMs = (steps * ratePerSecond) / 1000;
  const now = Math.round(nowMs * stepsPerMs);
  const next = Math.max(Math.round(tatMs * stepsPerMs), now) + cost * steps;
  // One step of tolerance, so that rounding does not refuse a caller that is exactly on time. It does not add up.
  return next <= now + capacity * steps + 1 ? next / stepsPerMs : REFUSED;
}

/** Tokens available now, 0..capacity, fractions included. */
export function tokensAt(tatMs: number, capacity: number, ratePerSecond: number, nowMs: number): number {
  return Math.max(0, capacity - missingAt(tatMs, ratePerSecond, nowMs));
}

/** The same with debts ({@link chargeTokens}): −capacity..capacity. */
export function balanceAt(tatMs: number, capacity: number, ratePerSecond: number, nowMs: number): number {
  return Math.max(-capacity, capacity - missingAt(tatMs, ratePerSecond, nowMs));
}

/** Tokens from full; below 0 is full, too. */
function missingAt(tatMs: number, ratePerSecond: number, nowMs: number): number {
  const steps = stepsPerToken(ratePerSecond);
  const stepsPerMs = (steps * ratePerSecond) / 1000;
  return Math.max(0, (Math.round(tatMs * stepsPerMs) - Math.round(nowMs * stepsPerMs)) / steps);
}

/**
 * Takes `cost` tokens that have been used already, whatever is left: the new `tatMs`. What is not there is a debt, of at
 * most one bucket; more than that is forgiven, so that nobody waits longer than two buckets take to fill.
 *
 * With {@link takeTokens} for an estimate before the cost is known, and then this or {@link refundTokens} for the
 * difference, what is charged until any time t is at most
 *
 *     2 × capacity + rate × t
 *
 * because the balance begins at capacity, gains rate × time and what is given back, loses what is taken and charged,
 * and is never below −capacity: charged = taken + charged later − given back ≤ capacity + rate × t − (−capacity).
 * Being full only ever loses tokens, also when it is given back to a bucket that has been full since. What was used
 * beyond the debt is not in the sum: one answer is forgiven only what it cost beyond its estimate and another two
 * buckets, but answers that run at the same time share them.
 *
 * @param cost 0 or more
 */
export function chargeTokens(
  tatMs: number,
  cost: number,
  capacity: number,
  ratePerSecond: number,
  nowMs: number,
): number {
  const steps = stepsPerToken(ratePerSecond);
  const stepsPerMs = (steps * ratePerSecond) / 1000;
  const now = Math.round(nowMs * stepsPerMs);
  const tat = Math.round(tatMs * stepsPerMs);
  const deepest = now + Math.floor(2 * capacity * steps);
  const charged = Math.min(deepest, Math.max(tat, now) + Math.round(Math.min(cost, 2 * capacity) * steps));
  // A clock that went back may have left it deeper.
  return Math.max(tat, charged) / stepsPerMs;
}

/** Milliseconds until `cost` tokens are available: 0 if they are, Infinity if they never will be (cost > capacity). */
export function waitMs(tatMs: number, cost: number, capacity: number, ratePerSecond: number, nowMs: number): number {
  if (cost > capacity) return Infinity;
  const steps = stepsPerToken(ratePerSecond);
  const stepsPerMs = (steps * ratePerSecond) / 1000;
  const now = Math.round(nowMs * stepsPerMs);
  const due = Math.max(Math.round(tatMs * stepsPerMs), now) + (cost - capacity) * steps;
  return due <= now + 1 ? 0 : due / stepsPerMs - nowMs;
}

/** The new `tatMs` after `cost` tokens are returned; a bucket never gets fuller than full. */
export function refundTokens(tatMs: number, cost: number, ratePerSecond: number): number {
  const steps = stepsPerToken(ratePerSecond);
  const stepsPerMs = (steps * ratePerSecond) / 1000;
  return Math.max(0, Math.round(tatMs * stepsPerMs) - cost * steps) / stepsPerMs;
}

/** The `tatMs` under new settings with the same share of the bucket filled: changed settings never refill. */
export function rescale(tatMs: number, from: BucketSettings, to: BucketSettings, nowMs: number): number {
  if (tatMs <= nowMs) return tatMs;
  const fillMsBefore = from.capacity / from.ratePerSecond;
  const fillMsAfter = to.capacity / to.ratePerSecond;
  return nowMs + (tatMs - nowMs) * (fillMsAfter / fillMsBefore);
}

/** The `tatMs` of a bucket that holds `tokens` now, to restore a saved level. Clamped to −capacity..capacity. */
export function tatForTokens(tokens: number, capacity: number, ratePerSecond: number, nowMs: number): number {
  const missing = capacity - Math.min(capacity, Math.max(-capacity, tokens));
  return nowMs + (missing * 1000) / ratePerSecond;
}

/**
 * Longest time a bucket may take to fill, s. Keeps the arithmetic above exact; anything longer is a quota, not a rate
 * limit.
 */
export const MAX_FILL_SECONDS = 366 * 24 * 3600;

/**
 * The one operation on a sliding window that all gateways of a fleet share, as bucket-settlement.ts is for token buckets:
 * two counters, as in ../../core/sliding-window.ts, in windows of the server's clock.
 *
 * - A charge always applies, up to twice the limit in each window, and is spread evenly over its time. What is older than a
 *   window counts no more.
 * - A refund is taken from the window of its grant.
 * - Another length of the window keeps the share that is used, as used now, and so does a limit that was a bucket before;
 *   another limit keeps what was counted.
 * - What was asked too long ago is not granted, and not charged.
 *
 * settle-scripts.ts has the same in Lua; a test compares the two.
 */
import type { StoredBucket } from './bucket-settlement.ts';
import { type StoredWindow, windowShare } from './stored-window.ts';

export interface WindowSettlement {
  /** Cost admitted in any window, > 0. */
  readonly limit: number;
  /** Whole, > 0. */
  readonly windowUs: number;
  /** As in bucket-settlement.ts. */
  readonly charge: number;
  readonly sinceUs: number;
  readonly want: number;
  readonly least: number;
  readonly refund: number;
  readonly refundAtUs: number;
  /** After a loss of data: at least so much is used. Below 0: nothing to restore. */
  readonly used: number;
  /** As in bucket-settlement.ts. */
  readonly untilUs: number;
}

export interface WindowSettled {
  readonly granted: number;
  readonly current: number;
  readonly previous: number;
  /** The server's clock, for a refund; the window's number follows from it. */
  readonly atUs: number;
}

/** @param stored null: the server knows nothing of the window, so nothing is used. */
export function settleWindow(
  stored: StoredWindow | StoredBucket | null,
  settlement: WindowSettlement,
  nowUs: number,
): { readonly window: StoredWindow; readonly settled: WindowSettled } {
  const { limit, windowUs, sinceUs, least, refund, refundAtUs, used, untilUs } = settlement;
  const isTooLate = untilUs > 0 && nowUs > untilUs;
  const charge = isTooLate ? 0 : settlement.charge;
  const want = isTooLate ? 0 : settlement.want;
  const index = Math.floor(nowUs / windowUs);
  const weight = 1 - (nowUs - index * windowUs) / windowUs;
  let current = 0;
  let previous = 0;
  if (stored !== null && 'tatUs' in stored) {
    current = Math.ceil((Math.max(0, stored.tatUs - nowUs) / stored.fillUs) * limit);
  } else if (stored !== null && stored.windowUs === windowUs) {
    // A clock that went back: all of it counts as of now.
    if (stored.index >= index) current = stored.current;
    if (stored.index >= index) previous = stored.previous;
    if (stored.index === index - 1) previous = stored.current;
  } else if (stored !== null) {
    current = Math.ceil(windowShare(stored, nowUs) * limit);
  }
  if (refund > 0) {
    const at = Math.floor(refundAtUs / windowUs);
    if (at === index) current = Math.max(0, current - refund);
    if (at === index - 1) previous = Math.max(0, previous - refund);
  }
  const missing = Math.min(used, limit) - (previous * weight + current);
  if (missing > ROUNDING) {
    // As if it had been taken evenly.
    previous += Math.ceil(missing);
    current += Math.ceil(missing * (1 - weight));
  }
  const passedUs = nowUs - index * windowUs;
  if (charge > 0 && sinceUs >= windowUs) {
    const perWindow = (charge * windowUs) / sinceUs;
    previous += Math.ceil(perWindow);
    current += Math.ceil((perWindow * passedUs) / windowUs);
  } else if (charge > 0) {
    const inCurrent = Math.ceil(sinceUs <= passedUs ? charge : (charge * passedUs) / sinceUs);
    current += inCurrent;
    previous += Math.ceil(charge) - inCurrent;
  }
  previous = Math.min(previous, 2 * limit);
  current = Math.min(current, 2 * limit);
  const left = Math.floor(limit - previous * weight - current + ROUNDING);
  const granted = left >= least ? Math.min(want, left) : 0;
  current += granted;
  return {
    window: { index, current, previous, limit, windowUs },
    settled: { granted, current, previous, atUs: nowUs },
  };
}

/** Of a token: what the weighted sum may be off by, so that a whole token counts as one. */
const ROUNDING = 1e-6;

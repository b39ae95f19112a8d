/**
 * The one operation on a token bucket that all gateways of a fleet share: charges what a gateway has admitted, takes back
 * what it did not spend of an earlier grant, and grants tokens to spend. The bucket is a theoretical arrival time as in
 * ../../core/token-bucket.ts, in µs of the server's clock; gateways send and receive durations only, so their clocks need
 * not agree.
 *
 * settle-scripts.ts is the same in Lua, and runs on the server; a test compares the two.
 *
 * - A charge always applies, even to an empty bucket: a gateway reports what it has already admitted. What is too much is
 *   a debt, refused later; at most one bucket of it, which also bounds what a server's clock that goes back can do.
 * - A refund counts only while the bucket has not been full since (`baseUs`). Without the refunded tokens it might have
 *   been full for a moment since their grant, which nobody knows: so a refund makes at most rate × age of the grant.
 * - Changed settings keep the share of the bucket that is filled, also of a limit that was a window before.
 * - A server that hung runs what it has received before: what was asked too long ago is not granted, and not charged. Its
 *   gateway has given up waiting, and charges that again. A grant now would also end the time in which the bucket seemed
 *   to be full, so that charges of that time come on top of it.
 */
import { type StoredWindow, windowShare } from './stored-window.ts';

export interface StoredBucket {
  readonly tatUs: number;
  /** When the bucket was full for the last time. */
  readonly baseUs: number;
  /** The time an empty bucket took to fill, µs: different settings if it is another than now. */
  readonly fillUs: number;
}

export interface Settlement {
  /** Largest burst, tokens, > 0. */
  readonly capacity: number;
  /** Time in which one token refills, µs, > 0. */
  readonly tokenUs: number;
  /** Admitted and not charged yet, tokens. */
  readonly charge: number;
  /** How long ago the first of these was admitted, µs, 0 or more. */
  readonly sinceUs: number;
  /** Tokens to grant if possible. */
  readonly want: number;
  /** Fewer are useless: then none is granted; 1 or more. */
  readonly least: number;
  /** Of an earlier grant, not spent in time. */
  readonly refund: number;
  /** The `atUs` of that grant. */
  readonly refundAtUs: number;
  /**
   * After an outage of the server that may have lost its data: the bucket is at least this far from full, µs. Below 0:
   * nothing to restore.
   */
  readonly aheadUs: number;
  /** Later than this by the server's clock, nothing is charged or granted, µs; 0: there is no such time. */
  readonly untilUs: number;
}

export interface BucketSettled {
  readonly granted: number;
  /** How far the bucket is from full now, µs, the grant included. */
  readonly aheadUs: number;
  /** The server's clock, for a refund. */
  readonly atUs: number;
}

/** @param stored null: the server knows nothing of the bucket, so it is full. */
export function settle(
  stored: StoredBucket | StoredWindow | null,
  settlement: Settlement,
  nowUs: number,
): { readonly bucket: StoredBucket; readonly settled: BucketSettled } {
  const { capacity, tokenUs, sinceUs, least, refund, refundAtUs, aheadUs, untilUs } = settlement;
  const isTooLate = untilUs > 0 && nowUs > untilUs;
  const charge = isTooLate ? 0 : settlement.charge;
  const want = isTooLate ? 0 : settlement.want;
  const fillUs = capacity * tokenUs;
  // Also of a server whose clock is before its epoch, such as one that does not know the date.
  const longAgoUs = Math.min(0, nowUs);
  let tatUs = longAgoUs;
  let baseUs = longAgoUs;
  if (stored !== null && 'tatUs' in stored) {
    ({ tatUs, baseUs } = stored);
    if (stored.fillUs !== fillUs && tatUs > nowUs) tatUs = nowUs + ((tatUs - nowUs) * fillUs) / stored.fillUs;
  } else if (stored !== null) {
    const used = windowShare(stored, nowUs);
    if (used > 0) tatUs = nowUs + used * fillUs;
  }
  if (refund > 0 && baseUs <= refundAtUs) tatUs -= refund * tokenUs;
  if (tatUs <= nowUs) baseUs = nowUs;
  if (charge > 0 || aheadUs >= 0) {
    const restoredUs = aheadUs >= 0 ? nowUs + Math.min(aheadUs, fillUs) : -Infinity;
    tatUs = Math.max(tatUs, nowUs - sinceUs, restoredUs) + charge * tokenUs;
  }
  tatUs = Math.min(tatUs, nowUs + 2 * fillUs);
  const fromUs = Math.max(tatUs, nowUs);
  const left = Math.floor(capacity - (fromUs - nowUs) / tokenUs + ROUNDING);
  const granted = left >= least ? Math.min(want, left) : 0;
  if (granted > 0) tatUs = fromUs + granted * tokenUs;
  return {
    bucket: { tatUs, baseUs, fillUs },
    settled: { granted, aheadUs: Math.max(0, tatUs - nowUs), atUs: nowUs },
  };
}

/** Of a token: what sums of times may be off by, so that a whole token counts as one. */
const ROUNDING = 1e-6;

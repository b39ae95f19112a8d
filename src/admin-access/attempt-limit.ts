/** Limits how often one address may try and fail: a token bucket for each, forgotten when it is full again. */
import { REFUSED, takeTokens, waitMs, type BucketSettings } from '../limits/core/token-bucket.ts';

interface Attempts {
  /** Of the bucket: src/limits/core/token-bucket.ts. */
  tatMs: number;
  isReported: boolean;
}

export class AttemptLimit {
  readonly #bucket: BucketSettings;
  readonly #maxKeys: number;
  /** In the order in which they first failed. */
  readonly #failed = new Map<string, Attempts>();

  /**
   * @param bucket capacity: consecutive failures; rate: further ones, per second @param maxKeys keys remembered, 1 or
   * more. Beyond it the oldest is forgotten: counting cannot stop anybody with that many addresses.
   */
  constructor(bucket: BucketSettings, maxKeys: number) {
    this.#bucket = bucket;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#failed.size;
  }

  /** Until `key` may try again, ms; 0: now. */
  waitMs(key: string, nowMs: number): number {
    const { capacity, ratePerSecond } = this.#bucket;
    return waitMs(this.#failed.get(key)?.tatMs ?? 0, 1, capacity, ratePerSecond, nowMs);
  }

  /**
   * @returns true when this exceeded the limit, once until the key's failures are forgotten: worth a line in the log.
   */
  fail(key: string, nowMs: number): boolean {
    const { capacity, ratePerSecond } = this.#bucket;
    const attempts = this.#failed.get(key) ?? this.#remember(key, nowMs);
    const next = takeTokens(attempts.tatMs, 1, capacity, ratePerSecond, nowMs);
    if (next !== REFUSED) attempts.tatMs = next;
    if (attempts.isReported || this.waitMs(key, nowMs) === 0) return false;
    attempts.isReported = true;
    return true;
  }

  #remember(key: string, nowMs: number): Attempts {
    for (const [other, { tatMs }] of this.#failed) {
      if (tatMs > nowMs && this.#failed.size < this.#maxKeys) break;
      this.#failed.delete(other);
    }
    const attempts = { tatMs: 0, isReported: false };
    this.#failed.set(key, attempts);
    return attempts;
  }
}

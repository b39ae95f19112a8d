/**
 * The limits of one traffic thread, on the shared client table: the client's own bucket, then the gateway's global
 * one. A refusal by one costs nothing of the other.
 */
import type { BucketSettings, RateLimitSettings } from '../config/settings.ts';
import { KeyedHash } from '../core/hash.ts';
import { tokensAt, waitMs } from '../core/token-bucket.ts';
import type { LimitState } from '../http/rate-limit-fields.ts';
import type { ClientTable } from './client-table.ts';

/** The global bucket's place in the client table; no client's key looks like this. */
const GLOBAL_KEY = 'global';

/** What a global bucket that is switched off is rescaled to; nobody takes from it. */
const UNUSED: BucketSettings = { capacity: 1, ratePerSecond: 1 };

/** 64-bit hash of a bucket key: unsigned 32-bit halves. */
export interface BucketHash {
  readonly lo: number;
  readonly hi: number;
}

export type Decision = 'allowed' | 'refused' | 'refused_global';

export class RateLimiter {
  readonly table: ClientTable;
  /** Of the last refusal, for the answer's fields. */
  state: LimitState = { policy: 'default', capacity: 0, ratePerSecond: 0, tokens: 0, waitMs: 0 };
  readonly #hash: KeyedHash;
  readonly #global: BucketHash;

  constructor(table: ClientTable, hashKey: Uint32Array) {
    this.table = table;
    this.#hash = new KeyedHash(hashKey);
    this.#global = this.hash(GLOBAL_KEY);
  }

  hash(key: string): BucketHash {
    this.#hash.hash(key);
    return { lo: this.#hash.lo, hi: this.#hash.hi };
  }

  isRegistered(key: string): boolean {
    this.#hash.hash(key);
    return this.table.isRegistered(this.#hash.lo, this.#hash.hi);
  }

  take(client: BucketHash, cost: number, limits: RateLimitSettings, nowMs: number): Decision {
    if (!this.table.take(client.lo, client.hi, cost, limits.default, nowMs)) {
      const policy = this.table.isRegistered(client.lo, client.hi) ? 'client' : 'default';
      this.#remember(policy, cost, nowMs);
      return 'refused';
    }
    const { global } = limits;
    if (global === null) return 'allowed';
    const { isOverflow } = this.table;
    const isAllowed = this.table.take(this.#global.lo, this.#global.hi, cost, global, nowMs);
    // Of the client's take: for the refund, and for whoever counts.
    this.table.isOverflow = isOverflow;
    if (isAllowed) return 'allowed';
    this.#remember('global', cost, nowMs);
    this.table.refund(client.lo, client.hi, cost, limits.default, nowMs);
    return 'refused_global';
  }

  /** Called by the control thread when the setting changes: the bucket is rescaled, not refilled. */
  setGlobal(global: BucketSettings | null, nowMs: number): void {
    const { lo, hi } = this.#global;
    if (global === null) this.table.unregister(lo, hi, UNUSED, nowMs);
    else this.table.register(lo, hi, global, global, nowMs);
  }

  /** Tokens in the global bucket now; null when there is none. */
  globalTokens(limits: RateLimitSettings, nowMs: number): number | null {
    if (limits.global === null) return null;
    return this.table.tokens(this.#global.lo, this.#global.hi, limits.global, nowMs) ?? limits.global.capacity;
  }

  #remember(policy: string, cost: number, nowMs: number): void {
    const { capacity, ratePerSecond, tatMs } = this.table;
    this.state = {
      policy,
      capacity,
      ratePerSecond,
      tokens: tokensAt(tatMs, capacity, ratePerSecond, nowMs),
      waitMs: waitMs(tatMs, cost, capacity, ratePerSecond, nowMs),
    };
  }
}

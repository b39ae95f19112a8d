/** A limiter for a program: token buckets or sliding windows by key, in the table that the gateway has, too. */
import { threadId } from 'node:worker_threads';
import type { BucketPolicy } from '../limits/client-table.ts';
import { ClientTable } from '../limits/client-table.ts';
import { allocateClientTable, type ClientTableBuffers } from '../limits/client-table-memory.ts';
import { CAPACITY, RATE } from '../limits/core/limits-vocabulary.ts';
import { MAX_FILL_SECONDS } from '../limits/core/token-bucket.ts';
import type { LimitState } from '../limits/rate-limit-fields.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import { SharedClock } from '../runtime/shared-clock.ts';
import { MAX_CLIENTS } from '../runtime/table-sizes.ts';

/** A token bucket: bursts of `capacity`, and `ratePerSecond` in the long run. */
export interface TokenBucketLimit {
  /** Largest burst, tokens, 1..1e9. */
  readonly capacity: number;
  /** Refill, tokens per second, above 0..1e6. A bucket must fill within 366 days. */
  readonly ratePerSecond: number;
  readonly windowMs?: never;
}

/** A sliding window: at most `capacity` in any window, estimated from two counters. */
export interface SlidingWindowLimit {
  /** Cost admitted in any window, 1..1e9. */
  readonly capacity: number;
  /** Length of the window, 1..86,400,000 ms. */
  readonly windowMs: number;
  readonly ratePerSecond?: never;
}

export type Limit = TokenBucketLimit | SlidingWindowLimit;

export interface LimiterOptions {
  /**
   * Number of keys to make room for, 1..16,000,000; 60 bytes each, of which pages that are never written take none. Only
   * full buckets are forgotten. With more keys than that at once, some share a bucket: nobody becomes unlimited. Default:
   * 10,000.
   */
  readonly maxClients?: number;
  /** That of another limiter, from its `memory`: both count in it, exactly, also on different threads. Default: its own. */
  readonly memory?: LimiterMemory;
  /** Monotonic, ms, for tests; not with `memory`. Default: a clock that all threads share. */
  readonly nowMs?: () => number;
}

/** Shared memory: pass it to a worker in `workerData` or a message. */
export interface LimiterMemory {
  readonly table: ClientTableBuffers;
  /** Nobody outside knows which keys collide. */
  readonly hashKey: Uint32Array;
  readonly epochNs: bigint;
}

export interface LimitDecision {
  readonly isAllowed: boolean;
  readonly capacity: number;
  /** Tokens left, 0..capacity, fractions included. */
  readonly remaining: number;
  /** Until as much could be taken, ms; 0 if it was taken, Infinity if it never can be: the cost is above the capacity. */
  readonly waitMs: number;
  /** Returns what was taken, once, for a request that turned out to cost nothing. */
  refund(): void;
}

export class Limiter {
  /** To share it with other threads, which need `structuredClone` of it: see {@link LimiterOptions.memory}. */
  readonly memory: LimiterMemory;
  readonly #limiter: RateLimiter;
  readonly #nowMs: () => number;

  /** @throws RangeError if `maxClients` is out of range */
  constructor(options: LimiterOptions = {}) {
    const { maxClients = 10_000, memory = allocate(maxClients) } = options;
    this.memory = memory;
    this.#limiter = new RateLimiter(new ClientTable(memory.table, threadId), memory.hashKey);
    this.#nowMs = options.nowMs ?? new SharedClock(memory.epochNs).nowMs;
  }

  /**
   * Takes `cost` tokens from the bucket of `key`; if there are not enough, none.
   *
   * @param key any text: an address, the id of a user. The same key under another limit is another bucket.
   * @param cost whole tokens, 1 or more. Default: 1
   * @throws RangeError if the cost is not a whole number from 1, or the limit is out of range
   */
  take(key: string, limit: Limit, cost = 1): LimitDecision {
    return this.takeFrom(key, policyOf(limit), cost, 'default').decision;
  }

  /** The same for a checked policy, with the state that the fields of an answer are made of: valid until the next call. */
  takeFrom(
    key: string,
    policy: BucketPolicy,
    cost: number,
    name: string,
  ): { readonly decision: LimitDecision; readonly state: LimitState } {
    if (!(Number.isInteger(cost) && cost >= 1)) throw new RangeError(`cost must be a whole number from 1, not ${cost}`);
    const limiter = this.#limiter;
    const { table } = limiter;
    const nowMs = this.#nowMs();
    const { lo, hi } = limiter.keyedHash(name, policy, key);
    const isAllowed = table.take(lo, hi, cost, policy, nowMs);
    limiter.remember(name, isAllowed ? 0 : cost, nowMs);
    const { isOverflow } = table;
    const { state } = limiter;
    const { capacity, tokens, waitMs } = state;
    let isTaken = isAllowed;
    const refund = (): void => {
      if (!isTaken) return;
      isTaken = false;
      table.isOverflow = isOverflow;
      table.refund(lo, hi, cost, policy, nowMs);
    };
    return { decision: { isAllowed, capacity, remaining: Math.max(0, tokens), waitMs, refund }, state };
  }
}

/** @throws RangeError naming the value and the range */
export function policyOf(limit: Limit): BucketPolicy {
  const { capacity, ratePerSecond, windowMs } = limit;
  if (!(capacity >= CAPACITY.minimum && capacity <= CAPACITY.maximum)) {
    throw new RangeError(`capacity must be ${CAPACITY.minimum} to ${CAPACITY.maximum}, not ${capacity}`);
  }
  if ((ratePerSecond === undefined) === (windowMs === undefined)) {
    throw new RangeError('a limit needs either ratePerSecond or windowMs');
  }
  if (windowMs !== undefined) {
    if (!(windowMs >= 1 && windowMs <= MAX_WINDOW_MS)) {
      throw new RangeError(`windowMs must be 1 to ${MAX_WINDOW_MS}, not ${windowMs}`);
    }
    return { capacity, ratePerSecond: (capacity * 1000) / windowMs, windowMs, isLocal: true };
  }
  if (!(ratePerSecond > RATE.exclusiveMinimum && ratePerSecond <= RATE.maximum)) {
    throw new RangeError(`ratePerSecond must be above 0 and at most ${RATE.maximum}, not ${ratePerSecond}`);
  }
  if (capacity / ratePerSecond > MAX_FILL_SECONDS) {
    throw new RangeError(`a bucket of ${capacity} at ${ratePerSecond}/s takes more than 366 days to fill`);
  }
  return { capacity, ratePerSecond, windowMs: 0, isLocal: true };
}

const MAX_WINDOW_MS = 86_400_000;

function allocate(maxClients: number): LimiterMemory {
  if (!(Number.isInteger(maxClients) && maxClients >= 1 && maxClients <= MAX_CLIENTS)) {
    throw new RangeError(`maxClients must be a whole number from 1 to ${MAX_CLIENTS}, not ${maxClients}`);
  }
  return {
    table: allocateClientTable(maxClients),
    hashKey: crypto.getRandomValues(new Uint32Array(2)),
    epochNs: process.hrtime.bigint(),
  };
}

/**
 * What a request has taken from its limits before its cost was known: an estimate. When the cost is known, the rest is
 * given back, or what it lacks is charged, to every one of them.
 */
import type { BucketPolicy, ClientTable } from './client-table.ts';
import type { SharedLimits } from './shared/shared-limits.ts';

export interface ReservedLimit {
  /** Its name in Redis: what kind of limit it is, and whose. */
  readonly kind: string;
  readonly key: string;
  readonly lo: number;
  readonly hi: number;
  /** Of the client's own limit, that of clients without settings, which may have changed when the cost is known. */
  readonly policy: BucketPolicy;
  /** It was taken from a bucket of the overflow. */
  readonly isOverflow: boolean;
}

/** The kind of the client's own limit. */
export const OWN_LIMIT = 'c:';

export class Reservation {
  readonly tokens: number;
  readonly #limits: ReservedLimit[];
  readonly #takenMs: number;
  readonly #table: ClientTable;
  /** Null: no limit is shared with other gateways. */
  readonly #shared: SharedLimits | null;

  constructor(
    limits: ReservedLimit[],
    tokens: number,
    takenMs: number,
    table: ClientTable,
    shared: SharedLimits | null,
  ) {
    this.#limits = limits;
    this.tokens = tokens;
    this.#takenMs = takenMs;
    this.#table = table;
    this.#shared = shared;
  }

  /** The same tokens were taken from another limit, too. */
  add(limit: ReservedLimit): void {
    this.#limits.push(limit);
  }

  /** To be called once. @param fallback the policy of clients without settings, now */
  settle(cost: number, fallback: BucketPolicy, nowMs: number): void {
    const more = cost - this.tokens;
    if (more === 0) return;
    for (const limit of this.#limits) {
      const policy = limit.kind === OWN_LIMIT ? fallback : limit.policy;
      if (this.#shared === null || policy.isLocal === true) this.#settleHere(limit, policy, more, nowMs);
      else this.#settleShared(this.#shared, limit, policy, more, nowMs);
    }
  }

  #settleHere({ lo, hi, isOverflow }: ReservedLimit, policy: BucketPolicy, more: number, nowMs: number): void {
    const table = this.#table;
    table.isOverflow = isOverflow;
    if (more > 0) table.charge(lo, hi, more, policy, nowMs);
    else table.refund(lo, hi, -more, policy, this.#takenMs);
  }

  #settleShared(
    shared: SharedLimits,
    { kind, key, lo, hi }: ReservedLimit,
    policy: BucketPolicy,
    more: number,
    nowMs: number,
  ): void {
    const table = this.#table;
    table.peek(lo, hi, policy);
    const limit = shared.limit(kind, key, lo, hi, policy, table.windowMs > 0, nowMs);
    if (more > 0) limit.charge(more, nowMs);
    else limit.giveBack(-more, this.#takenMs, nowMs);
  }
}

/** A route with several pools: which of them a request goes to. */
import type { RouteSettings } from '../config/settings.ts';
import { weightedScore } from '../balancing/core/weighted-hash.ts';
import type { Pool } from '../balancing/pool.ts';
import { hashString32 } from '../core/hash.ts';
import type { Random } from '../core/random.ts';
import type { FieldValues } from '../http/fields/field-values.ts';
import { cookieValue } from '../net/cookie.ts';

/** One of its pools. */
export interface SplitShare {
  readonly pool: Pool;
  /** Of all entries with this pool. */
  readonly weight: number;
  /** Its row in the metrics table. */
  readonly row: number;
  readonly salt: number;
}

/** The part of a request that decides. */
export interface SplitRequest {
  /** By name in lower case. */
  readonly headers: FieldValues;
  /** Identifies the client. */
  readonly client: string;
  readonly nowMs: number;
  /** Seconds since the epoch. */
  readonly wallS: number;
}

/** Where a request would go. */
export interface ForeseenShare {
  /** Null: chance decides. */
  readonly share: SplitShare | null;
  readonly reason: string;
}

interface SplitRule {
  readonly share: SplitShare;
  readonly isCookie: boolean;
  readonly name: string;
  readonly value: string;
}

const ANY_VALUE = '*';

export class RouteSplit {
  readonly shares: readonly SplitShare[];
  readonly #rules: readonly SplitRule[];
  readonly #sticky: readonly SplitShare[];
  readonly #byRequest: boolean;
  readonly #hasFailover: boolean;
  readonly #random: Random;

  /** @param row of a pool's part in the metrics table */
  constructor(
    { name: route, split, splitBy, splitFailover }: RouteSettings,
    pools: ReadonlyMap<string, Pool>,
    row: (pool: string) => number,
    random: Random,
  ) {
    const entries = split ?? [];
    // Of the route's own: otherwise the same clients would be the canaries of every route.
    const seed = hashString32(route, 0);
    this.shares = [...Map.groupBy(entries, ({ pool }) => pool)].map(([name, same]) => {
      const pool = pools.get(name);
      if (pool === undefined) throw new RangeError(`route ${route}: no pool ${name}`);
      const weight = same.reduce((sum, each) => sum + each.weight, 0);
      return { pool, weight, row: row(name), salt: hashString32(name, seed) };
    });
    const shareOf = (pool: string): SplitShare => this.shares.find((share) => share.pool.settings.name === pool)!;
    this.#rules = entries.flatMap(({ pool, header, cookie }) => {
      const share = shareOf(pool);
      return [
        ...Object.entries(header).map(([key, value]) => ({ share, isCookie: false, name: key.toLowerCase(), value })),
        ...Object.entries(cookie).map(([key, value]) => ({ share, isCookie: true, name: key, value })),
      ];
    });
    this.#sticky = this.shares.filter(({ pool, weight }) => pool.sticky !== null && weight > 0);
    this.#byRequest = splitBy === 'request';
    this.#hasFailover = splitFailover;
    this.#random = random;
  }

  choose(request: SplitRequest): SplitShare {
    const { nowMs } = request;
    const named = this.#rule(request)?.share;
    if (named !== undefined && this.#canServe(named, nowMs)) return named;
    const bound = this.#bound(request);
    if (bound !== undefined) return bound;
    const key = this.#byRequest ? (this.#random() * 0x1_0000_0000) | 0 : hashString32(request.client, 0);
    const first = lowest(this.shares, key);
    if (this.#canServe(first, nowMs)) return first;
    const others = this.shares.filter(({ pool, weight }) => weight > 0 && pool.available(nowMs).length > 0);
    // With none available, the pool that would have been chosen says why not.
    return others.length === 0 ? (named ?? first) : lowest(others, key);
  }

  /** What {@link choose} goes by, for people: `because of its cookie canary`. */
  reasonFor(request: SplitRequest): ForeseenShare {
    const { nowMs } = request;
    const rule = this.#rule(request);
    if (rule !== undefined && this.#canServe(rule.share, nowMs)) {
      const { share, isCookie, name } = rule;
      return { share, reason: `because of its ${isCookie ? 'cookie' : 'header'} ${name}` };
    }
    const bound = this.#bound(request);
    if (bound !== undefined) return { share: bound, reason: 'where its sticky session is' };
    if (this.#byRequest) return { share: null, reason: 'each request by chance, in proportion to the weights' };
    const share = this.choose(request);
    const isFirst = share === lowest(this.shares, hashString32(request.client, 0));
    const reason = isFirst
      ? 'by weight, always the same for this client'
      : 'because the one of this client is unavailable';
    return { share, reason };
  }

  /** The first header field or cookie that a pool asks for, and the request has. */
  #rule({ headers }: SplitRequest): SplitRule | undefined {
    for (const rule of this.#rules) {
      const found = rule.isCookie ? cookieValue(headers.cookie, rule.name) : headers[rule.name];
      if (found !== undefined && (rule.value === ANY_VALUE || found === rule.value)) return rule;
    }
    return undefined;
  }

  /** By a sticky session, which a changed weight must not end; a weight of 0 ends it. */
  #bound({ headers: { cookie }, nowMs, wallS }: SplitRequest): SplitShare | undefined {
    if (cookie === undefined) return undefined;
    return this.#sticky.find(({ pool }) => {
      const session = pool.sticky!.find(cookie, wallS);
      return session !== null && pool.maySessionStay(session.backend, nowMs);
    });
  }

  #canServe({ pool }: SplitShare, nowMs: number): boolean {
    return !this.#hasFailover || pool.available(nowMs).length > 0;
  }
}

/** Those with the weight 0 only if there are no others. */
function lowest(shares: readonly SplitShare[], key: number): SplitShare {
  let best = shares[0]!;
  let bestScore = Infinity;
  for (const share of shares) {
    const score = weightedScore(key, share.salt, share.weight);
    if (score >= bestScore) continue;
    best = share;
    bestScore = score;
  }
  return best;
}

/**
 * The limits of one traffic thread, on the shared client table: the client's own, then those of the route, then the
 * gateway's global one. A refusal by one costs nothing of the others.
 */
import { KeyedHash } from '../core/hash.ts';
import { tokensAt, waitMs } from '../core/token-bucket.ts';
import type { LimitState } from '../http/rate-limit-fields.ts';
import { type BucketPolicy, type ClientTable, OTHER_POLICY } from './client-table.ts';
import { isSamePolicy, type LimitPolicies, type RouteLimits } from './limit-policy.ts';

/** The global bucket's place in the client table; no client's key looks like this. */
const GLOBAL_KEY = 'global';

/** What a bucket that is switched off is rescaled to; nobody takes from it. */
const UNUSED: BucketPolicy = { capacity: 1, ratePerSecond: 1 };

/** 64-bit hash of a bucket key: unsigned 32-bit halves. */
export interface BucketHash {
  readonly lo: number;
  readonly hi: number;
}

export type Decision = 'allowed' | 'refused' | 'refused_route' | 'refused_global';

interface RouteHashes {
  readonly client: BucketHash;
  readonly total: BucketHash;
}

export class RateLimiter {
  readonly table: ClientTable;
  /** Of the last refusal, for the answer's fields; also of one that a dry run let pass. */
  state: LimitState = { policy: 'default', capacity: 0, ratePerSecond: 0, windowMs: 0, tokens: 0, waitMs: 0 };
  /** The last take would have been refused by the route, were that not a dry run. */
  isRouteOver = false;
  readonly #hash: KeyedHash;
  readonly #global: BucketHash;
  readonly #routes = new WeakMap<RouteLimits, RouteHashes>();
  #isRouteOverflow = false;

  constructor(table: ClientTable, hashKey: Uint32Array) {
    this.table = table;
    this.#hash = new KeyedHash(hashKey);
    this.#global = this.hash(GLOBAL_KEY);
  }

  hash(key: string): BucketHash {
    this.#hash.hash(key);
    return { lo: (this.#hash.lo & ~OTHER_POLICY) >>> 0, hi: this.#hash.hi };
  }

  isRegistered(key: string): boolean {
    const { lo, hi } = this.hash(key);
    return this.table.isRegistered(lo, hi);
  }

  /** @param cost 1 or more. @param route the limits of the request's route; null: it has none. */
  take(
    client: BucketHash,
    cost: number,
    limits: LimitPolicies,
    nowMs: number,
    route: RouteLimits | null = null,
  ): Decision {
    this.isRouteOver = false;
    if (!this.table.take(client.lo, client.hi, cost, limits.default, nowMs)) {
      const policy = this.table.isRegistered(client.lo, client.hi) ? 'client' : 'default';
      this.#remember(policy, cost, nowMs);
      return 'refused';
    }
    if (limits.global === null && route === null) return 'allowed';
    const { isOverflow } = this.table;
    const decision = this.#takeShared(client, cost, limits.global, nowMs, route);
    // Of the client's take: for the refund, and for whoever counts.
    this.table.isOverflow = isOverflow;
    if (decision !== 'allowed') this.table.refund(client.lo, client.hi, cost, limits.default, nowMs);
    return decision;
  }

  /** Called by the control thread when the setting changes: the bucket is rescaled, not refilled. */
  setGlobal(global: BucketPolicy | null, nowMs: number): void {
    this.#setShared(this.#global, global, nowMs);
  }

  /** The same for the limits that all clients of a route share. */
  setRoutes(before: readonly RouteLimits[], after: readonly RouteLimits[], nowMs: number): void {
    const known = new Map(before.map((limits) => [limits.route, limits.total]));
    for (const { route, total } of after) {
      if (!isSamePolicy(known.get(route) ?? null, total)) this.#setShared(this.#totalHash(route), total, nowMs);
      known.delete(route);
    }
    for (const [route, total] of known) if (total !== null) this.#setShared(this.#totalHash(route), null, nowMs);
  }

  /** Tokens in the global bucket now; null when there is none. */
  globalTokens({ global }: LimitPolicies, nowMs: number): number | null {
    if (global === null) return null;
    return this.table.tokens(this.#global.lo, this.#global.hi, global, nowMs) ?? global.capacity;
  }

  /** The same of what all clients of a route share. */
  routeTokens({ route, total }: RouteLimits, nowMs: number): number | null {
    if (total === null) return null;
    const { lo, hi } = this.#totalHash(route);
    return this.table.tokens(lo, hi, total, nowMs) ?? total.capacity;
  }

  #takeShared(
    client: BucketHash,
    cost: number,
    global: BucketPolicy | null,
    nowMs: number,
    route: RouteLimits | null,
  ): Decision {
    const isOfRoute = route !== null && this.#takeRoute(client, cost, nowMs, route);
    if (route !== null && !isOfRoute) {
      if (!route.dryRun) return 'refused_route';
      this.isRouteOver = true;
    }
    if (global === null || this.table.take(this.#global.lo, this.#global.hi, cost, global, nowMs)) return 'allowed';
    this.#remember('global', cost, nowMs);
    if (isOfRoute) {
      const { total } = this.#hashesOf(route);
      this.table.isOverflow = false;
      if (route.total !== null) this.table.refund(total.lo, total.hi, cost, route.total, nowMs);
      this.#refundRouteClient(client, cost, nowMs, route);
    }
    return 'refused_global';
  }

  /** True when both limits of the route had room; nothing is taken otherwise. */
  #takeRoute(client: BucketHash, cost: number, nowMs: number, route: RouteLimits): boolean {
    const { client: salt, total } = this.#hashesOf(route);
    this.#isRouteOverflow = false;
    if (route.client !== null) {
      if (!this.table.take(mixed(client.lo, salt.lo), client.hi ^ salt.hi, cost, route.client, nowMs)) {
        this.#remember('route-client', cost, nowMs);
        return false;
      }
      this.#isRouteOverflow = this.table.isOverflow;
    }
    if (route.total === null || this.table.take(total.lo, total.hi, cost, route.total, nowMs)) return true;
    this.#remember('route', cost, nowMs);
    this.#refundRouteClient(client, cost, nowMs, route);
    return false;
  }

  #refundRouteClient(client: BucketHash, cost: number, nowMs: number, route: RouteLimits): void {
    if (route.client === null) return;
    const { client: salt } = this.#hashesOf(route);
    this.table.isOverflow = this.#isRouteOverflow;
    this.table.refund(mixed(client.lo, salt.lo), client.hi ^ salt.hi, cost, route.client, nowMs);
  }

  /** Other settings make other buckets of a route's clients: these are in no list that could be rescaled. */
  #hashesOf(limits: RouteLimits): RouteHashes {
    const known = this.#routes.get(limits);
    if (known !== undefined) return known;
    const { route, client } = limits;
    const settings = client === null ? '' : `${client.capacity} ${client.ratePerSecond} ${client.windowMs ?? 0}`;
    const hashes = { client: this.hash(`route-client ${settings} ${route}`), total: this.#totalHash(route) };
    this.#routes.set(limits, hashes);
    return hashes;
  }

  #totalHash(route: string): BucketHash {
    const { lo, hi } = this.hash(`route ${route}`);
    return { lo: mixed(lo, 0), hi };
  }

  #setShared({ lo, hi }: BucketHash, policy: BucketPolicy | null, nowMs: number): void {
    if (policy === null) this.table.unregister(lo, hi, UNUSED, nowMs);
    else this.table.register(lo, hi, policy, policy, nowMs);
  }

  #remember(policy: string, cost: number, nowMs: number): void {
    const { capacity, ratePerSecond, tatMs, windowMs, window } = this.table;
    const isWindow = windowMs > 0;
    this.state = {
      policy,
      capacity,
      ratePerSecond,
      windowMs,
      tokens: isWindow ? capacity - window.used(nowMs) : tokensAt(tatMs, capacity, ratePerSecond, nowMs),
      waitMs: isWindow ? window.waitMs(cost, nowMs) : waitMs(tatMs, cost, capacity, ratePerSecond, nowMs),
    };
  }
}

/** Two secret hashes make a third, and the mark of what is not under the default policy. */
function mixed(lo: number, salt: number): number {
  return ((lo ^ salt) | OTHER_POLICY) >>> 0;
}

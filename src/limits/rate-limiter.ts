/**
 * The limits of one traffic thread, on the shared client table: the client's own, then the route's, then the gateway's
 * global one. A refusal by one costs nothing from the others.
 */
import type { BucketHash } from '../identity/client-identity.ts';
import { KeyedHash } from '../core/hash.ts';
import { tokensAt, waitMs } from './core/token-bucket.ts';
import type { LimitState } from './rate-limit-fields.ts';
import { type BucketPolicy, type ClientTable, OTHER_POLICY } from './client-table.ts';
import { isSamePolicy, type LimitPolicies, type RouteLimits } from './limit-policy.ts';
import { OWN_LIMIT, Reservation, type ReservedLimit } from './reservation.ts';

/** The global bucket's key in the client table; no client's key looks like this. */
const GLOBAL_KEY = 'global';

/** What a disabled bucket is rescaled to; nothing takes from it. */
const UNUSED: BucketPolicy = { capacity: 1, ratePerSecond: 1 };

export type Decision = 'allowed' | 'refused' | 'refused_route' | 'refused_global';

export interface RouteHashes {
  /** Combined with the client's ({@link mixed}). */
  readonly client: BucketHash;
  readonly total: BucketHash;
}

/** A limit of a route that is not for each client, but for each value of a key. */
export interface KeyedPolicy {
  readonly route: string;
  readonly policy: BucketPolicy;
  readonly cost: number;
}

export class RateLimiter {
  readonly table: ClientTable;
  /** The limit that refused the last take; if it was allowed, the limit with the fewest tokens left. */
  get state(): LimitState {
    return this.#state;
  }
  /** The route's limit that would have refused the last take outside of a dry run; null: none. */
  routeOver: 'route' | 'route-client' | null = null;
  readonly #state = { policy: 'default', capacity: 0, ratePerSecond: 0, windowMs: 0, tokens: 0, waitMs: 0 };
  readonly #hash: KeyedHash;
  /** The bucket of the global limit. */
  readonly global: BucketHash;
  readonly #routes = new WeakMap<RouteLimits, RouteHashes>();
  readonly #preflights = new WeakMap<BucketPolicy, BucketHash>();
  #isRouteOverflow = false;

  constructor(table: ClientTable, hashKey: Uint32Array) {
    this.table = table;
    this.#hash = new KeyedHash(hashKey);
    this.global = this.hash(GLOBAL_KEY);
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
    this.routeOver = null;
    const isTaken = this.table.take(client.lo, client.hi, cost, limits.default, nowMs);
    this.remember(this.table.isOwn ? 'client' : 'default', isTaken ? 0 : cost, nowMs);
    if (!isTaken) return 'refused';
    if (limits.global === null && route === null) return 'allowed';
    const { isOverflow } = this.table;
    const decision = this.#takeShared(client, cost, limits.global, nowMs, route);
    // Of the client's take: for the refund, and for whatever counts.
    this.table.isOverflow = isOverflow;
    if (decision !== 'allowed') this.table.refund(client.lo, client.hi, cost, limits.default, nowMs);
    return decision;
  }

  /** What the last take has taken. @param key the client's bucket key */
  reserved(
    decision: Decision,
    client: BucketHash,
    key: string,
    cost: number,
    limits: LimitPolicies,
    nowMs: number,
    route: RouteLimits | null,
  ): Reservation {
    if (decision !== 'allowed') return new Reservation([], cost, nowMs, this.table, null);
    const { isOverflow } = this.table;
    const reserved: ReservedLimit[] = [{ kind: OWN_LIMIT, key, ...client, policy: limits.default, isOverflow }];
    if (route !== null && this.routeOver === null) {
      const { client: salt, total } = this.hashesOf(route);
      if (route.client !== null) {
        const [lo, hi] = [mixed(client.lo, salt.lo), client.hi ^ salt.hi];
        reserved.push({ kind: '', key, lo, hi, policy: route.client, isOverflow: this.#isRouteOverflow });
      }
      if (route.total !== null) {
        reserved.push({ kind: 'rt:', key: route.route, ...total, policy: route.total, isOverflow: false });
      }
    }
    if (limits.global !== null) {
      reserved.push({ kind: '', key: GLOBAL_KEY, ...this.global, policy: limits.global, isOverflow: false });
    }
    return new Reservation(reserved, cost, nowMs, this.table, null);
  }

  /**
   * A CORS preflight that costs its client nothing. So that nobody can send any number of them, each client has a
   * second limit for them, as large as the default one; they count towards the global one too.
   */
  takePreflight(client: BucketHash, limits: LimitPolicies, nowMs: number): Decision {
    const salt = this.preflightHash(limits.default);
    const decision = this.take({ lo: mixed(client.lo, salt.lo), hi: client.hi ^ salt.hi }, 1, limits, nowMs);
    if (this.#state.policy === 'default') this.#state.policy = 'preflight';
    return decision;
  }

  /** From the limit of a route for each value of a key. */
  takeKeyed({ route, policy, cost }: KeyedPolicy, key: string, nowMs: number): boolean {
    const { lo, hi } = this.keyedHash(route, policy, key);
    const isTaken = this.table.take(lo, hi, cost, policy, nowMs);
    this.remember('route-key', isTaken ? 0 : cost, nowMs);
    return isTaken;
  }

  /** What the last {@link takeKeyed} took from. */
  keyedLimit({ route, policy }: KeyedPolicy, key: string): ReservedLimit {
    return { kind: '', key, ...this.keyedHash(route, policy, key), policy, isOverflow: this.table.isOverflow };
  }

  /** Other settings use other buckets; nothing lists the old ones, so they cannot be rescaled. */
  keyedHash(route: string, { capacity, ratePerSecond, windowMs = 0 }: BucketPolicy, key: string): BucketHash {
    const { lo, hi } = this.hash(`route-key ${capacity} ${ratePerSecond} ${windowMs} ${route}\n${key}`);
    return { lo: mixed(lo, 0), hi };
  }

  /** Called by the control thread when the setting changes: the bucket is rescaled, not refilled. */
  setGlobal(global: BucketPolicy | null, nowMs: number): void {
    this.#setShared(this.global, global, nowMs);
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
    return this.table.tokens(this.global.lo, this.global.hi, global, nowMs) ?? global.capacity;
  }

  /** The same for what all clients of a route share. */
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
    }
    if (global === null) return 'allowed';
    if (this.table.take(this.global.lo, this.global.hi, cost, global, nowMs)) {
      this.keepTighter('global', nowMs);
      return 'allowed';
    }
    this.remember('global', cost, nowMs);
    if (isOfRoute) {
      const { total } = this.hashesOf(route);
      this.table.isOverflow = false;
      if (route.total !== null) this.table.refund(total.lo, total.hi, cost, route.total, nowMs);
      this.#refundRouteClient(client, cost, nowMs, route);
    }
    return 'refused_global';
  }

  /** True if both limits of the route had room; nothing is taken otherwise. */
  #takeRoute(client: BucketHash, cost: number, nowMs: number, route: RouteLimits): boolean {
    const { client: salt, total } = this.hashesOf(route);
    this.#isRouteOverflow = false;
    if (route.client !== null) {
      if (!this.table.take(mixed(client.lo, salt.lo), client.hi ^ salt.hi, cost, route.client, nowMs)) {
        return this.#refuseByRoute('route-client', cost, nowMs, route);
      }
      this.#isRouteOverflow = this.table.isOverflow;
      if (!route.dryRun) this.keepTighter('route-client', nowMs);
    }
    if (route.total === null) return true;
    if (this.table.take(total.lo, total.hi, cost, route.total, nowMs)) {
      if (!route.dryRun) this.keepTighter('route', nowMs);
      return true;
    }
    this.#refuseByRoute('route', cost, nowMs, route);
    this.#refundRouteClient(client, cost, nowMs, route);
    return false;
  }

  /** A dry run refuses nothing, so the client is informed of the other limits instead. */
  #refuseByRoute(policy: 'route' | 'route-client', cost: number, nowMs: number, route: RouteLimits): false {
    if (route.dryRun) this.routeOver = policy;
    else this.remember(policy, cost, nowMs);
    return false;
  }

  #refundRouteClient(client: BucketHash, cost: number, nowMs: number, route: RouteLimits): void {
    if (route.client === null) return;
    const { client: salt } = this.hashesOf(route);
    this.table.isOverflow = this.#isRouteOverflow;
    this.table.refund(mixed(client.lo, salt.lo), client.hi ^ salt.hi, cost, route.client, nowMs);
  }

  /** Other settings use other buckets for a route's clients; nothing lists the old ones, so they cannot be rescaled. */
  hashesOf(limits: RouteLimits): RouteHashes {
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

  /** Other settings use other buckets; nothing lists the old ones, so they cannot be rescaled. */
  preflightHash(policy: BucketPolicy): BucketHash {
    const known = this.#preflights.get(policy);
    if (known !== undefined) return known;
    const hash = this.hash(`preflight ${policy.capacity} ${policy.ratePerSecond} ${policy.windowMs ?? 0}`);
    this.#preflights.set(policy, hash);
    return hash;
  }

  /** Makes the table's last take the `state`. @param cost what was refused; 0: nothing was. */
  remember(policy: string, cost: number, nowMs: number): void {
    const { capacity, ratePerSecond, tatMs, windowMs, window } = this.table;
    const state = this.#state;
    const isWindow = windowMs > 0;
    state.policy = policy;
    state.capacity = capacity;
    state.ratePerSecond = isWindow ? (capacity * 1000) / windowMs : ratePerSecond;
    state.windowMs = windowMs;
    state.tokens = this.#tokensLeft(nowMs);
    state.waitMs = 0;
    if (cost > 0) {
      const waits = isWindow ? window.waitMs(cost, nowMs) : waitMs(tatMs, cost, capacity, ratePerSecond, nowMs);
      // A shared limit may refuse a little before it would have to.
      state.waitMs = Math.max(1, waits);
    }
  }

  /** After an allowed take: the client is informed of the limit that it will reach first. */
  keepTighter(policy: string, nowMs: number): void {
    if (Math.floor(this.#tokensLeft(nowMs)) < Math.floor(this.#state.tokens)) this.remember(policy, 0, nowMs);
  }

  /** Of the limit that the last take was from. */
  #tokensLeft(nowMs: number): number {
    const { capacity, ratePerSecond, tatMs, windowMs, window } = this.table;
    return windowMs > 0 ? capacity - window.used(nowMs) : tokensAt(tatMs, capacity, ratePerSecond, nowMs);
  }
}

/** Combines two secret hashes into a third, with the mark of what is not under the default policy. */
export function mixed(lo: number, salt: number): number {
  return ((lo ^ salt) | OTHER_POLICY) >>> 0;
}

/**
 * A request's cost, taken from limits some of which a fleet shares: the client's own, then the route's, then the global
 * one, as in ../rate-limiter.ts. A shared limit may have to be asked for; the rest then happens later.
 */
import type { BucketHash } from '../../identity/client-identity.ts';
import type { BucketPolicy } from '../client-table.ts';
import type { LimitPolicies, RouteLimits } from '../limit-policy.ts';
import { type Decision, type KeyedPolicy, mixed, type RateLimiter } from '../rate-limiter.ts';
import { OWN_LIMIT, Reservation, type ReservedLimit } from '../reservation.ts';
import type { SharedLimit } from './core/shared-limit.ts';
import type { RedisLevel } from './redis-level.ts';
import type { SharedLimits } from './shared-limits.ts';

type StepName = 'client' | 'preflight' | 'route-client' | 'route' | 'global';

interface Step extends ReservedLimit {
  readonly name: StepName;
  /** Null: the limit is this gateway's own. */
  shared: SharedLimit<RedisLevel> | null;
  isOverflow: boolean;
}

const REFUSED_BY: Readonly<Record<StepName, Exclude<Decision, 'allowed'>>> = {
  client: 'refused',
  preflight: 'refused',
  'route-client': 'refused_route',
  route: 'refused_route',
  global: 'refused_global',
};

export class SharedTakes {
  readonly #limiter: RateLimiter;
  readonly #limits: SharedLimits;
  readonly #kinds = new WeakMap<RouteLimits, string>();

  constructor(limiter: RateLimiter, limits: SharedLimits) {
    this.#limiter = limiter;
    this.#limits = limits;
  }

  /**
   * As RateLimiter.take; null: it is decided later, and `done` is called then. Either way the limiter's `state` and
   * `routeOver` are those of this decision when it is known.
   *
   * @param key the client's bucket key. @param isPreflight see RateLimiter.takePreflight.
   */
  take(
    client: BucketHash,
    key: string,
    cost: number,
    limits: LimitPolicies,
    nowMs: number,
    route: RouteLimits | null,
    isPreflight: boolean,
    done: (decision: Decision) => void,
  ): Decision | null {
    if (route === null && limits.global === null && !isPreflight) {
      return this.#takeOnly(client, key, cost, limits.default, nowMs, done);
    }
    const steps = this.#steps(client, key, limits, route, isPreflight);
    return new Take(this.#limiter, this.#limits, steps, cost, route?.dryRun === true, nowMs, done).run(0, nowMs);
  }

  /** Most requests have no other limit; this is the same for them, without the objects. */
  #takeOnly(
    { lo, hi }: BucketHash,
    key: string,
    cost: number,
    policy: BucketPolicy,
    nowMs: number,
    done: (decision: Decision) => void,
  ): Decision | null {
    const { table } = this.#limiter;
    table.peek(lo, hi, policy);
    const shared = this.#limits.limit(OWN_LIMIT, key, lo, hi, policy, table.windowMs > 0, nowMs);
    const verdict = shared.take(cost, nowMs);
    if (verdict !== 'undecided') return this.#decided(shared, cost, verdict === 'admitted', nowMs);
    shared.wait(cost, nowMs, (isTaken) => done(this.#decided(shared, cost, isTaken, this.#limits.waited(nowMs))));
    return null;
  }

  /** As RateLimiter.takeKeyed; null: it is decided later, and `done` is called then. */
  takeKeyed(
    { route, policy, cost }: KeyedPolicy,
    key: string,
    nowMs: number,
    done: (isTaken: boolean) => void,
  ): boolean | null {
    const limiter = this.#limiter;
    const { table } = limiter;
    const { lo, hi } = limiter.keyedHash(route, policy, key);
    table.peek(lo, hi, policy);
    const kind = keyedKind(route, policy);
    const shared = this.#limits.limit(kind, key, lo, hi, policy, table.windowMs > 0, nowMs);
    const conclude = (isTaken: boolean, atMs: number): boolean => {
      shared.level.show(atMs);
      this.#limits.shrink(table);
      limiter.remember('route-key', isTaken ? 0 : cost, atMs);
      return isTaken;
    };
    const verdict = shared.take(cost, nowMs);
    if (verdict !== 'undecided') return conclude(verdict === 'admitted', nowMs);
    shared.wait(cost, nowMs, (isTaken) => done(conclude(isTaken, this.#limits.waited(nowMs))));
    return null;
  }

  #decided(shared: SharedLimit<RedisLevel>, cost: number, isTaken: boolean, nowMs: number): Decision {
    const limiter = this.#limiter;
    shared.level.show(nowMs);
    this.#limits.shrink(limiter.table);
    limiter.routeOver = null;
    limiter.remember(limiter.table.isOwn ? 'client' : 'default', isTaken ? 0 : cost, nowMs);
    return isTaken ? 'allowed' : 'refused';
  }

  /** As RateLimiter.reserved, for a take that was no preflight's: right after it, or within `done`. */
  reserved(
    decision: Decision,
    client: BucketHash,
    key: string,
    cost: number,
    limits: LimitPolicies,
    nowMs: number,
    route: RouteLimits | null,
  ): Reservation {
    const steps = decision === 'allowed' ? this.#steps(client, key, limits, route, false) : [];
    const taken = this.#limiter.routeOver === null ? steps : steps.filter((step) => !isOfRoute(step));
    return new Reservation(taken, cost, nowMs, this.#limiter.table, this.#limits);
  }

  /** As RateLimiter.keyedLimit. */
  keyedLimit({ route, policy }: KeyedPolicy, key: string): ReservedLimit {
    const hash = this.#limiter.keyedHash(route, policy, key);
    return { kind: keyedKind(route, policy), key, ...hash, policy, isOverflow: false };
  }

  #steps(
    { lo, hi }: BucketHash,
    key: string,
    limits: LimitPolicies,
    route: RouteLimits | null,
    isPreflight: boolean,
  ): Step[] {
    const limiter = this.#limiter;
    const steps: Step[] = [];
    const add = (
      name: StepName,
      kind: string,
      stepKey: string,
      stepLo: number,
      stepHi: number,
      policy: BucketPolicy,
    ): void => {
      steps.push({ name, kind, key: stepKey, lo: stepLo, hi: stepHi, policy, shared: null, isOverflow: false });
    };
    if (isPreflight) {
      const salt = limiter.preflightHash(limits.default);
      add('preflight', `p:${settingsText(limits.default)}:`, key, mixed(lo, salt.lo), hi ^ salt.hi, limits.default);
    } else {
      add('client', OWN_LIMIT, key, lo, hi, limits.default);
    }
    if (route !== null) {
      const { client: salt, total } = limiter.hashesOf(route);
      if (route.client !== null) {
        add('route-client', this.#kindOf(route, route.client), key, mixed(lo, salt.lo), hi ^ salt.hi, route.client);
      }
      if (route.total !== null) add('route', 'rt:', route.route, total.lo, total.hi, route.total);
    }
    if (limits.global !== null) add('global', '', 'global', limiter.global.lo, limiter.global.hi, limits.global);
    return steps;
  }

  /** Of what each client may do on a route. Names of routes and keys of clients may have colons. */
  #kindOf(route: RouteLimits, policy: BucketPolicy): string {
    const known = this.#kinds.get(route);
    if (known !== undefined) return known;
    const kind = `rc:${settingsText(policy)}:${escapedName(route.route)}:`;
    this.#kinds.set(route, kind);
    return kind;
  }
}

/** One request's. */
class Take {
  readonly #limiter: RateLimiter;
  readonly #limits: SharedLimits;
  readonly #steps: Step[];
  readonly #cost: number;
  readonly #isDryRoute: boolean;
  readonly #takenMs: number;
  readonly #done: (decision: Decision) => void;
  #taken: Step[] = [];
  #routeOver: 'route' | 'route-client' | null = null;

  constructor(
    limiter: RateLimiter,
    limits: SharedLimits,
    steps: Step[],
    cost: number,
    isDryRoute: boolean,
    takenMs: number,
    done: (decision: Decision) => void,
  ) {
    this.#limiter = limiter;
    this.#limits = limits;
    this.#steps = steps;
    this.#cost = cost;
    this.#isDryRoute = isDryRoute;
    this.#takenMs = takenMs;
    this.#done = done;
  }

  /** @param from index of the first step that is not decided. */
  run(from: number, nowMs: number): Decision | null {
    for (let index = from; index < this.#steps.length; index += 1) {
      const step = this.#steps[index]!;
      if (this.#routeOver !== null && isOfRoute(step)) continue;
      const isTaken = this.#takeStep(step, nowMs, index);
      if (isTaken === null) return null;
      const decision = this.#decided(step, isTaken, nowMs);
      if (decision !== null) return decision;
    }
    this.#limiter.routeOver = this.#routeOver;
    // With the first limit as the base, the one that will be reached first counts.
    let isFirst = true;
    for (const step of this.#taken) {
      if (this.#isDryRoute && isOfRoute(step)) continue;
      this.#look(step, nowMs);
      const name = this.#nameOf(step);
      if (isFirst) this.#limiter.remember(name, 0, nowMs);
      else this.#limiter.keepTighter(name, nowMs);
      isFirst = false;
    }
    return 'allowed';
  }

  /** Null: asked; {@link run} goes on later. */
  #takeStep(step: Step, nowMs: number, index: number): boolean | null {
    const { lo, hi, policy } = step;
    const { table } = this.#limiter;
    table.peek(lo, hi, policy);
    if (policy.isLocal === true) {
      const isTaken = table.take(lo, hi, this.#cost, policy, nowMs);
      step.isOverflow = table.isOverflow;
      return isTaken;
    }
    const shared = this.#limits.limit(step.kind, step.key, lo, hi, policy, table.windowMs > 0, nowMs);
    step.shared = shared;
    const verdict = shared.take(this.#cost, nowMs);
    if (verdict !== 'undecided') return verdict === 'admitted';
    shared.wait(this.#cost, nowMs, (isTaken) => {
      const laterMs = this.#limits.waited(nowMs);
      const decision = this.#decided(step, isTaken, laterMs) ?? this.run(index + 1, laterMs);
      if (decision !== null) this.#done(decision);
    });
    return null;
  }

  /** Null: go on with the next step. */
  #decided(step: Step, isTaken: boolean, nowMs: number): Decision | null {
    if (isTaken) {
      this.#taken.push(step);
      return null;
    }
    if (this.#isDryRoute && isOfRoute(step)) {
      this.#routeOver = step.name === 'route' ? 'route' : 'route-client';
      for (const other of this.#taken.filter(isOfRoute)) this.#refund(other, nowMs);
      this.#taken = this.#taken.filter((other) => !isOfRoute(other));
      return null;
    }
    for (const other of this.#taken) this.#refund(other, nowMs);
    this.#look(step, nowMs);
    this.#limiter.routeOver = this.#routeOver;
    this.#limiter.remember(this.#nameOf(step), this.#cost, nowMs);
    return REFUSED_BY[step.name];
  }

  /** What the answer's fields say, of a client without settings of its own. */
  #nameOf({ name }: Step): string {
    return name === 'client' && !this.#limiter.table.isOwn ? 'default' : name;
  }

  /** Makes the table's fields those of this step. */
  #look({ lo, hi, policy, shared }: Step, nowMs: number): void {
    const { table } = this.#limiter;
    if (shared !== null) {
      shared.level.show(nowMs);
      return this.#limits.shrink(table);
    }
    table.peek(lo, hi, policy);
    if (table.windowMs > 0) table.loadWindow(lo, hi, nowMs);
  }

  #refund({ lo, hi, policy, shared, isOverflow }: Step, nowMs: number): void {
    if (shared !== null) return shared.refund(this.#cost, nowMs);
    const { table } = this.#limiter;
    table.isOverflow = isOverflow;
    table.refund(lo, hi, this.#cost, policy, this.#takenMs);
  }
}

function isOfRoute({ name }: Step): boolean {
  return name === 'route' || name === 'route-client';
}

/** Names may have colons. */
function escapedName(route: string): string {
  return route.replaceAll('%', '%25').replaceAll(':', '%3A');
}

function keyedKind(route: string, policy: BucketPolicy): string {
  return `rk:${settingsText(policy)}:${escapedName(route)}:`;
}

/** Other settings are other buckets, as in this process. */
function settingsText({ capacity, ratePerSecond }: BucketPolicy): string {
  return `${capacity}/${ratePerSecond}`;
}

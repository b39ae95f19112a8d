/** The levels of all limits that a request would meet, read without taking anything. */
import type { RateLimitSettings } from '../../config/settings.ts';
import { isPreflight } from '../../http/preflight.ts';
import type { BucketHash } from '../../identity/client-identity.ts';
import type { BucketPolicy } from '../../limits/client-table.ts';
import type { InFlightLimits } from '../../limits/in-flight-limits.ts';
import type { ClientQuotaDirectory } from '../../limits/quotas/client-quotas.ts';
import { type Quotas, type QuotaSettings, quotasOfAll } from '../../limits/quotas/quotas.ts';
import { mixed, type RateLimiter } from '../../limits/rate-limiter.ts';
import type { LiveRoute, LiveSnapshot } from '../../routing/live-snapshot.ts';
import type { ExplainedInFlight, ExplainedLimit, ExplainedQuota } from '../core/thread-explanation.ts';
import type { GivenExchange } from './given-request.ts';

export interface LimitPorts {
  readonly limiter: RateLimiter;
  readonly inFlight: InFlightLimits;
  readonly quotas: Quotas;
  /** Of registered clients. */
  readonly clientQuotas: ClientQuotaDirectory;
  readonly nowMs: () => number;
  /** Ms since 1970. */
  readonly wallMs: () => number;
}

export function isFree(route: LiveRoute | null, exchange: GivenExchange): boolean {
  return route !== null && route.freePreflight && isPreflight(exchange.response.req);
}

/** Those that are taken from at once, in the order in which they refuse. */
export function rateLimits(
  exchange: GivenExchange,
  route: LiveRoute | null,
  { limits, rateLimit }: LiveSnapshot,
  { limiter, nowMs }: LimitPorts,
): readonly ExplainedLimit[] {
  const client = limiter.hash(exchange.client);
  const level = (name: ExplainedLimit['limit'], hash: BucketHash, policy: BucketPolicy, cost: number, dry = false) =>
    levelOf(limiter, name, hash, policy, { cost, key: null, isDry: dry || rateLimit.dryRun, nowMs: nowMs() });
  const all = (cost: number): ExplainedLimit[] =>
    limits.global === null ? [] : [level('global', limiter.global, limits.global, cost)];
  if (isFree(route, exchange)) {
    const salt = limiter.preflightHash(limits.default);
    const hash = { lo: mixed(client.lo, salt.lo), hi: client.hi ^ salt.hi };
    return [level('preflight', hash, limits.default, 1), ...all(1)];
  }
  const cost = route?.cost ?? 1;
  const found = [level('client', client, limits.default, cost)];
  if (route?.limits) {
    const { client: ofClient, total, dryRun } = route.limits;
    const { client: salt, total: ofAll } = limiter.hashesOf(route.limits);
    const hash = { lo: mixed(client.lo, salt.lo), hi: client.hi ^ salt.hi };
    if (ofClient !== null) found.push(level('route-client', hash, ofClient, cost, dryRun));
    if (total !== null) found.push(level('route', ofAll, total, cost, dryRun));
  }
  return [...found, ...all(cost)];
}

/** Null: the route has none, or it does not apply. */
export function keyedLimit(
  exchange: GivenExchange,
  { keyed, freePreflight }: LiveRoute,
  { dryRun }: RateLimitSettings,
  { limiter, nowMs }: LimitPorts,
): ExplainedLimit | null {
  if (keyed === null || (freePreflight && isPreflight(exchange.response.req))) return null;
  const key = keyed.keyOf(exchange);
  const hash = limiter.keyedHash(keyed.route, keyed.policy, key);
  const [kind, text] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)];
  return levelOf(limiter, 'route-key', hash, keyed.policy, {
    cost: keyed.cost,
    key: kind === 'client' ? `the client ${text}` : text,
    isDry: dryRun || keyed.dryRun,
    nowMs: nowMs(),
  });
}

export function inFlightLimits(
  { client }: GivenExchange,
  { name, maxInFlightPerClient: ofRoute }: LiveRoute,
  { maxInFlightPerClient: ofAll }: RateLimitSettings,
  { inFlight }: LimitPorts,
): readonly ExplainedInFlight[] {
  const level = (limit: ExplainedInFlight['limit'], route: string | null, most: number | null): ExplainedInFlight[] => {
    if (most === null) return [];
    const running = inFlight.running(client, route);
    return [{ limit, running, most, wouldRefuse: running >= most }];
  };
  return [...level('in-flight', null, ofAll), ...level('route-in-flight', name, ofRoute)];
}

export function quotas(
  { client }: GivenExchange,
  { name, quota: ofRoute }: LiveRoute,
  { quota: byDefault }: RateLimitSettings,
  ports: LimitPorts,
): readonly ExplainedQuota[] {
  const level = (quota: ExplainedQuota['quota'], route: string | null, settings: QuotaSettings): ExplainedQuota => {
    const { used, endMs } = ports.quotas.useOf(client, route, settings, ports.wallMs());
    const { per, requests } = settings;
    return { quota, per, requests, used, endsAt: endMs, wouldRefuse: used >= requests };
  };
  const ofAll = quotasOfAll(ports.clientQuotas.find(client), byDefault);
  return [
    ...ofAll.map((each) => level(each.policy, null, each)),
    ...(ofRoute === null ? [] : [level('route-quota', name, ofRoute)]),
  ];
}

function levelOf(
  { table }: RateLimiter,
  limit: ExplainedLimit['limit'],
  { lo, hi }: BucketHash,
  policy: BucketPolicy,
  { cost, key, isDry, nowMs }: { cost: number; key: string | null; isDry: boolean; nowMs: number },
): ExplainedLimit {
  const level = table.level(lo, hi, policy, nowMs);
  const tokens = level?.tokens ?? policy.capacity;
  const { capacity, ratePerSecond, windowMs = 0 } = level?.policy ?? policy;
  return { limit, capacity, ratePerSecond, windowMs, tokens, key, wouldRefuse: tokens < cost, isDry };
}

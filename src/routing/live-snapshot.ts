/**
 * A snapshot in the form that a traffic thread uses: routes in a table, pools with their strategies, CIDR lists parsed.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RateLimitSettings, RouteSettings } from '../config/settings.ts';
import type { Snapshot, SnapshotRoute } from '../config/snapshot.ts';
import { ClientGeo } from '../geo/client-geo.ts';
import type { Random } from '../core/random.ts';
import { cidrSet, CidrMap } from '../net/cidr-map.ts';
import { foldedName, FORWARDED, ruleFor } from '../http/fields/header-rules.ts';
import { assertedNames } from '../auth/asserted-names.ts';
import { parseCidr } from '../net/ip-address.ts';
import type { Admission, IdentitySettings } from '../identity/request-identity.ts';
import { ClientAuth } from '../tls/client-auth.ts';
import { LinearExpression } from '../net/linear-expression.ts';
import { RequestConditions } from './request-conditions.ts';
import type { RoutePolicies } from './route-policies.ts';
import { RouteSplit } from './route-split.ts';
import { RouteTable } from './route-table.ts';
import type { CostTerms } from '../limits/answer-charge.ts';
import { ANSWER_COST } from '../limits/core/limits-vocabulary.ts';
import { type LimitPolicies, limitPolicies, type RouteLimits, routeLimits } from '../limits/limit-policy.ts';
import { Pool, type PoolPorts } from '../balancing/pool.ts';
import { PoolFallback } from '../balancing/pool-fallback.ts';

/** A route with its pools, its policies, and its row in the metrics table. */
export interface LiveRoute extends Omit<RouteSettings, 'split' | 'mirror'>, RoutePolicies {
  readonly index: number;
  /** Tokens that a request takes when it is admitted. */
  readonly cost: number;
  /** How its answers say what they cost; null: they do not. */
  readonly costTerms: CostTerms | null;
  /** What it was made from. */
  readonly settings: RouteSettings;
  /** For its requests, unless a policy chooses another; null: it forwards nothing, or a policy always chooses. */
  readonly target: Pool | null;
  /** Chooses among several; null: it has at most one. */
  readonly split: RouteSplit | null;
  /** Null: none of its requests is copied. */
  readonly mirror: RouteMirror | null;
  /** All that its requests and their copies may go to. */
  readonly pools: readonly Pool[];
  /** Compiled from `pathRegex`; null: it matches in another way. */
  readonly expression: LinearExpression | null;
  /** Compiled from `match`; null: none. */
  readonly conditions: RequestConditions | null;
  /** Null: none of its own. */
  readonly limits: RouteLimits | null;
  /** CORS preflights cost their clients nothing. */
  readonly freePreflight: boolean;
  /** The prefix that backends do not see, because it is removed or replaced; empty: none. */
  readonly strippedPrefix: string;
  /** Names of the fields that identify clients, lower case. */
  readonly identityFields: readonly string[];
  /** Name of the field that states where a client is, lower case; null: none does. */
  readonly geoHeader: string | null;
  /** The fields that identify clients, and those that authentication sets on any route; folded. */
  readonly assertedFields: ReadonlySet<string>;
  /** Names of the sticky cookies of all pools: a client that was sent to another pool sends that one's, too. */
  readonly ownCookies: readonly string[];
}

/** Copies of a route's requests. */
export interface RouteMirror extends Omit<NonNullable<RouteSettings['mirror']>, 'pool'> {
  readonly pool: Pool;
}

export interface LiveSnapshot extends IdentitySettings {
  readonly version: number;
  /** What `geo` was made from. */
  readonly geoSettings: Snapshot['geo'];
  readonly rateLimit: RateLimitSettings;
  /** Null: no TLS for clients. */
  readonly tls: Snapshot['tls'];
  readonly clientAuth: ClientAuth;
  readonly access: Snapshot['access'];
  readonly limits: LimitPolicies;
  /** The limiter has to know the route: some route has limits of its own, a cost, free preflights or lists of addresses, or changes refusals. */
  readonly isRouteNeeded: boolean;
  readonly allowlist: CidrMap<true>;
  /** Null: locations are off. */
  readonly geo: ClientGeo | null;
  readonly routes: RouteTable<LiveRoute>;
  /** The same, in the order of the file. */
  readonly routeList: readonly LiveRoute[];
  readonly pools: ReadonlyMap<string, Pool>;
}

export interface SnapshotPorts extends Omit<PoolPorts, 'place'> {
  /** @param asserted names of the fields that only the gateway may set, folded */
  readonly policiesOf: (route: RouteSettings, asserted: ReadonlySet<string>) => RoutePolicies;
}

/**
 * @param previous the current one: an unchanged pool is taken over as it is, with its strategy's state, its retry
 * budget and its connections.
 */
export function compileSnapshot(snapshot: Snapshot, ports: SnapshotPorts, previous?: LiveSnapshot): LiveSnapshot {
  const poolPorts = { ...ports, place: snapshot.locality };
  const pools = new Map(
    snapshot.pools.map((pool) => {
      const kept = previous?.pools.get(pool.settings.name);
      if (kept?.isBuiltFrom(pool) !== true) return [pool.settings.name, new Pool(pool, poolPorts)];
      kept.readdress(pool);
      return [pool.settings.name, kept];
    }),
  );
  for (const pool of pools.values()) pool.fallback = fallbackOf(pool, pools, ports.random);
  const { apiKeyHeader, clientIdHeader } = snapshot.rateLimit;
  const identityFields = [apiKeyHeader, clientIdHeader];
  const ownCookies = [...pools.values()].flatMap(({ sticky }) => (sticky === null ? [] : [sticky.cookie]));
  const asserted = assertedNames(snapshot.routes.map(({ settings }) => settings));
  const geoHeader = snapshot.geo.header;
  const assertedFields = new Set([
    ...asserted,
    ...[...identityFields, ...(geoHeader === null ? [] : [geoHeader])].map(foldedName),
  ]);
  const routes = snapshot.routes.map((route) => {
    const { name, pool, stripPrefix, rewrite, pathPrefix, pathRegex, match } = route.settings;
    const isPrefixChanged = stripPrefix || (rewrite !== null && rewrite.prefix !== null);
    const target = pool === null ? null : pools.get(pool);
    if (target === undefined) throw new RangeError(`route ${name}: no pool ${pool}`);
    const split = route.shares === undefined ? null : splitOf(route, pools, ports.random);
    const mirror = mirrorOf(route.settings, pools);
    const shared = split === null ? [] : split.shares.map((share) => share.pool);
    return {
      ...route.settings,
      ...costOf(route.settings),
      index: route.index,
      settings: route.settings,
      target,
      split,
      mirror,
      pools: [...withFallbacks(target === null ? shared : [target]), ...(mirror === null ? [] : [mirror.pool])],
      expression: pathRegex === null ? null : new LinearExpression(pathRegex),
      conditions: RequestConditions.of(match),
      ...ports.policiesOf(route.settings, asserted),
      limits: routeLimits(route.settings),
      freePreflight: route.settings.cors !== null || route.settings.rateLimit?.freePreflight === true,
      strippedPrefix: isPrefixChanged && pathPrefix.length > 1 ? pathPrefix : '',
      identityFields,
      geoHeader,
      assertedFields,
      ownCookies,
    };
  });
  const tls = keptTls(snapshot.tls, previous?.tls ?? null);
  return {
    version: snapshot.version,
    geoSettings: snapshot.geo,
    rateLimit: snapshot.rateLimit,
    tls,
    clientAuth: previous?.tls === tls ? previous.clientAuth : new ClientAuth(tls?.clientAuth ?? []),
    access: snapshot.access,
    limits: limitPolicies(snapshot.rateLimit),
    isRouteNeeded: routes.some(
      ({ limits, cost, costTerms, freePreflight, answerRules, addresses, failurePages }) =>
        limits !== null ||
        cost !== 1 ||
        costTerms !== null ||
        freePreflight ||
        answerRules !== null ||
        addresses !== null ||
        failurePages !== null,
    ),
    allowlist: cidrSet(snapshot.rateLimit.allowlist),
    geo: keptGeo(snapshot.geo, previous),
    admission: admissionOf(snapshot.rateLimit),
    trustProxy: cidrSet(snapshot.trustProxy),
    isStated: { apiKey: ruleFor(apiKeyHeader) === FORWARDED, clientId: ruleFor(clientIdHeader) === FORWARDED },
    routes: new RouteTable(routes),
    routeList: routes,
    pools,
  };
}

function costOf({ cost, costFrom }: RouteSettings): Pick<LiveRoute, 'cost' | 'costTerms'> {
  if (costFrom === null) return { cost, costTerms: null };
  const { multiply, max } = costFrom;
  const estimate = costFrom.estimate ?? cost;
  return { cost: estimate, costTerms: { estimate, least: cost, max: max ?? ANSWER_COST.maximum, multiply } };
}

/** Null: it has none. */
function fallbackOf(pool: Pool, pools: ReadonlyMap<string, Pool>, random: Random): PoolFallback<Pool> | null {
  const { fallback } = pool.settings;
  if (fallback === null) return null;
  const chain = [pool];
  for (let next: string | undefined = fallback.pool; next !== undefined; next = chain.at(-1)!.settings.fallback?.pool) {
    const other = pools.get(next);
    if (other === undefined) throw new RangeError(`pool ${chain.at(-1)!.settings.name}: no pool ${next}`);
    if (chain.includes(other)) throw new RangeError(`pool ${pool.settings.name}: its fallbacks have no end`);
    chain.push(other);
  }
  return new PoolFallback(chain, fallback.overprovisioning, random);
}

/** Each one once. */
function withFallbacks(pools: readonly Pool[]): readonly Pool[] {
  return [...new Set(pools.flatMap((pool) => pool.fallback?.chain ?? [pool]))];
}

function mirrorOf({ name, mirror }: RouteSettings, pools: ReadonlyMap<string, Pool>): RouteMirror | null {
  if (mirror === null) return null;
  const pool = pools.get(mirror.pool);
  if (pool === undefined) throw new RangeError(`route ${name}: no pool ${mirror.pool}`);
  return { ...mirror, pool };
}

function splitOf(
  { settings, shares = [] }: SnapshotRoute,
  pools: ReadonlyMap<string, Pool>,
  random: Random,
): RouteSplit {
  return new RouteSplit(settings, pools, (pool) => shares.find((share) => share.pool === pool)!.index, random);
}

/** Kept with what it remembers, unless its settings change. */
function keptGeo(settings: Snapshot['geo'], previous: LiveSnapshot | undefined): ClientGeo | null {
  const before = previous?.geoSettings;
  const isKept = before?.header === settings.header && before.tableContent?.digest === settings.tableContent?.digest;
  return isKept ? previous!.geo : ClientGeo.of(settings);
}

/** The same object while nothing changes: what is derived from it is kept, too. */
function keptTls(tls: Snapshot['tls'], previous: Snapshot['tls']): Snapshot['tls'] {
  return isDeepStrictEqual(tls, previous) ? previous : tls;
}

function admissionOf({ allowlist, denylist }: RateLimitSettings): CidrMap<Admission> {
  const admission = new CidrMap<Admission>();
  for (const [texts, verdict] of [
    [allowlist, 'allowed'],
    [denylist, 'denied'],
  ] as const) {
    for (const text of texts) {
      const cidr = parseCidr(text);
      if (cidr !== undefined) admission.set(cidr, verdict);
    }
  }
  return admission;
}

/** The plugins keep this holder: `current` is swapped as a whole, and a request keeps the one it started with. */
export interface SnapshotHolder {
  current: LiveSnapshot;
}

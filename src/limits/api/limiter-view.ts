/** The rate limiter as operators see it: its counters, and with its settings for /v1/api/rate-limit. */
import type { LimiterReport } from '../limit-reports.ts';
import { Type, type Static } from '@sinclair/typebox';
import type { BucketPolicy } from '../client-table.ts';
import type { LimitPolicies } from '../limit-policy.ts';
import { LIMIT_ALGORITHMS } from '../core/limits-vocabulary.ts';
import { nullable, nullableRef, refTo } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

export const LIMITER_COUNTERS = {
  enabled: Type.Boolean(),
  dry_run: Type.Boolean({ description: 'Nothing is refused; would_refuse_total counts instead' }),
  allowed_total: Type.Integer({ description: 'Since start' }),
  refused_total: Type.Integer({ description: "Refused by a client's bucket, since start" }),
  refused_global_total: Type.Integer({ description: 'Refused by the global bucket, since start' }),
  refused_route_total: Type.Integer({ description: 'Refused by a limit of a route, since start' }),
  refused_in_flight_total: Type.Integer({
    description: 'Refused because as many requests of the client were running as it may have, since start',
  }),
  refused_key_total: Type.Integer({
    description: 'Refused by a limit of a route for each value of a key, since start',
  }),
  refused_shedding_total: Type.Integer({
    description: 'Refused because the thread or the pool was overloaded, since start',
  }),
  refused_quota_total: Type.Integer({ description: 'Refused because a quota of the client is used up, since start' }),
  denied_total: Type.Integer({ description: 'Refused by the denylist, or by the lists of a route, since start' }),
  would_refuse_total: Type.Integer({
    description: 'Admitted only because of a dry run, of the gateway or of a route; since start',
  }),
  allowlisted_total: Type.Integer({ description: 'Admitted by the allowlist, since start' }),
  active_clients: Type.Integer({ description: 'Clients whose bucket is not full' }),
  registered_clients: Type.Integer(),
  table_slots: Type.Integer({ description: 'Size of the client table' }),
  global_tokens: nullable(Type.Number({ description: 'Left in the global bucket; null: there is none' })),
  refused_share: nullable(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Refused by a limit over the last minute; null: less than one request a second',
    }),
  ),
};

export const LimiterView = Type.Object(LIMITER_COUNTERS, { $id: 'Limiter', title: 'Limiter' });

export type LimiterView = Static<typeof LimiterView>;

export const LimitView = Type.Object(
  {
    algorithm: stringEnum(LIMIT_ALGORITHMS),
    capacity: Type.Number({ description: 'Largest burst of a bucket, requests in any window, in tokens' }),
    rate_per_second: Type.Number({ description: 'Refill of a bucket, average of a window, in tokens a second' }),
    window_seconds: nullable(Type.Number({ description: 'Null: a token bucket' })),
  },
  { $id: 'Limit', title: 'Limit' },
);

export const RateLimitView = Type.Object(
  {
    ...LIMITER_COUNTERS,
    type: stringEnum(['token_bucket', 'sliding_window']),
    global_limit: nullableRef(LimitView),
    per_ip_limit: refTo(LimitView),
    active_ips: Type.Integer({ description: 'The same as active_clients' }),
  },
  { $id: 'RateLimit', title: 'Rate limit' },
);

export type RateLimitView = Static<typeof RateLimitView>;

export function limiterView(limiter: LimiterReport): LimiterView {
  return {
    enabled: limiter.enabled,
    dry_run: limiter.dryRun,
    allowed_total: limiter.allowedTotal,
    refused_total: limiter.refusedTotal,
    refused_global_total: limiter.refusedGlobalTotal,
    refused_route_total: limiter.refusedRouteTotal,
    refused_in_flight_total: limiter.laterRefusals.in_flight,
    refused_key_total: limiter.laterRefusals.limit_key,
    refused_shedding_total: limiter.laterRefusals.shedding,
    refused_quota_total: limiter.laterRefusals.quota,
    denied_total: limiter.deniedTotal,
    would_refuse_total: limiter.wouldRefuseTotal,
    allowlisted_total: limiter.allowlistedTotal,
    active_clients: limiter.activeClients,
    registered_clients: limiter.registeredClients,
    table_slots: limiter.tableSlots,
    global_tokens: limiter.globalTokens,
    refused_share: limiter.refusedShare,
  };
}

export function rateLimitView(limiter: LimiterReport, policies: LimitPolicies): RateLimitView {
  return {
    ...limiterView(limiter),
    type: (policies.default.windowMs ?? 0) > 0 ? 'sliding_window' : 'token_bucket',
    global_limit: policies.global === null ? null : limitView(policies.global),
    per_ip_limit: limitView(policies.default),
    active_ips: limiter.activeClients,
  };
}

export function limitView({ capacity, ratePerSecond, windowMs = 0 }: BucketPolicy): Static<typeof LimitView> {
  return {
    algorithm: windowMs > 0 ? 'sliding-window' : 'token-bucket',
    capacity,
    rate_per_second: ratePerSecond,
    window_seconds: windowMs > 0 ? windowMs / 1000 : null,
  };
}

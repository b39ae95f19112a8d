/** The rate limiter as operators see it: its counters, and with its settings for /v1/api/rate-limit. */
import { Type, type Static } from '@sinclair/typebox';
import type { BucketSettings, RateLimitSettings } from '../config/settings.ts';
import type { LimiterReport } from '../state/reports.ts';
import { nullable, nullableRef, refTo } from './json-types.ts';
import { stringEnum } from './string-enum.ts';

const counters = {
  enabled: Type.Boolean(),
  allowed_total: Type.Integer({ description: 'Since start' }),
  refused_total: Type.Integer({ description: "Refused by a client's bucket, since start" }),
  refused_global_total: Type.Integer({ description: 'Refused by the global bucket, since start' }),
  allowlisted_total: Type.Integer({ description: 'Let through by the allowlist, since start' }),
  active_clients: Type.Integer({ description: 'Clients whose bucket is not full now' }),
  registered_clients: Type.Integer(),
  table_slots: Type.Integer({ description: 'Size of the client table' }),
  global_tokens: nullable(Type.Number({ description: 'Left in the global bucket; null: there is none' })),
};

export const LimiterView = Type.Object(counters, { $id: 'Limiter', title: 'Limiter' });

export type LimiterView = Static<typeof LimiterView>;

export const BucketView = Type.Object(
  {
    capacity: Type.Number({ description: 'Largest burst, in tokens' }),
    rate_per_second: Type.Number({ description: 'Refill, in tokens a second' }),
  },
  { $id: 'Bucket', title: 'Bucket' },
);

export const RateLimitView = Type.Object(
  {
    ...counters,
    type: stringEnum(['token_bucket']),
    global_limit: nullableRef(BucketView),
    per_ip_limit: refTo(BucketView),
    active_ips: Type.Integer({ description: 'The same as active_clients' }),
  },
  { $id: 'RateLimit', title: 'Rate limit' },
);

export type RateLimitView = Static<typeof RateLimitView>;

export function limiterView(limiter: LimiterReport): LimiterView {
  return {
    enabled: limiter.enabled,
    allowed_total: limiter.allowedTotal,
    refused_total: limiter.refusedTotal,
    refused_global_total: limiter.refusedGlobalTotal,
    allowlisted_total: limiter.allowlistedTotal,
    active_clients: limiter.activeClients,
    registered_clients: limiter.registeredClients,
    table_slots: limiter.tableSlots,
    global_tokens: limiter.globalTokens,
  };
}

export function rateLimitView(limiter: LimiterReport, settings: RateLimitSettings): RateLimitView {
  return {
    ...limiterView(limiter),
    type: 'token_bucket',
    global_limit: settings.global === null ? null : bucketView(settings.global),
    per_ip_limit: bucketView(settings.default),
    active_ips: limiter.activeClients,
  };
}

function bucketView(bucket: BucketSettings): Static<typeof BucketView> {
  return { capacity: bucket.capacity, rate_per_second: bucket.ratePerSecond };
}

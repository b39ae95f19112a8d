/** Answers of /v1/api/limits and of a client's usage. */
import { Type, type Static, type TInteger } from '@sinclair/typebox';
import type { BucketPolicy } from '../client-table.ts';
import type { ClientUsage, LimitsReport, TopTalker } from '../limit-reports.ts';
import {
  DECISION_PATHS,
  type DecisionPath,
  LIMIT_ALGORITHMS,
  QUOTA_PERIODS,
  SHARED_MODES,
  TALKER_ORDERS,
  type TalkerOrder,
} from '../core/limits-vocabulary.ts';
import type { SharingReport } from '../shared/sharing-report.ts';
import { CLIENT_KINDS } from '../../identity/core/identity-vocabulary.ts';
import { nullable, nullableRef, refTo } from '../../api/json-types.ts';
import { LIMITER_COUNTERS, LimitView, limiterView, limitView } from './limiter-view.ts';
import { stringEnum } from '../../api/string-enum.ts';

const kind = stringEnum(CLIENT_KINDS);
const tokens = nullable(Type.Number({ description: 'Tokens left, including fractions; null: no such limit' }));

const RouteLimitsView = Type.Object({
  route: Type.String(),
  cost: Type.Integer({ description: 'Tokens a request takes from every limit' }),
  dry_run: Type.Boolean(),
  client: nullableRef(LimitView),
  key: nullable(Type.String({ description: 'What client counts by instead of the client; null: the client' })),
  total: nullableRef(LimitView),
  tokens,
});

export const SharingView = Type.Object(
  {
    mode: stringEnum(SHARED_MODES, {
      description:
        'slow: nobody waits for Redis, and limits are less exact; lost: without Redis, this gateway admits its share',
    }),
    since: nullable(Type.String({ format: 'date-time', description: 'Null: since the start' })),
    gateways: Type.Integer({ description: 'Gateways that share the limits, this one included' }),
    rtt_ms: Type.Number({ description: 'Average round trip to Redis' }),
    limits: Type.Integer({ description: 'Shared limits in use at this moment' }),
    waited_ms: Type.Number({ description: 'Sum of what requests waited for Redis since the start' }),
    decisions: Type.Object(
      Object.fromEntries(DECISION_PATHS.map((path) => [path, Type.Integer()])) as Record<DecisionPath, TInteger>,
      {
        description:
          'Since the start, by what they were based on: tokens leased ahead; the limit was far; Redis was asked; the ' +
          'limit was known to be used up; the share of this gateway, because Redis was slow, lost, or the answer late',
      },
    ),
  },
  {
    $id: 'LimitSharing',
    title: 'Limit sharing',
    description: 'Limits that several gateways share by Redis; null: none is configured',
  },
);

export const LimitsView = Type.Object(
  {
    ...LIMITER_COUNTERS,
    table_fill: Type.Number({ description: 'Share of the table in use by clients whose limit is not full, 0..1' }),
    default: refTo(LimitView),
    global: nullableRef(LimitView),
    allowlist: Type.Array(Type.String()),
    denylist: Type.Array(Type.String()),
    shared: nullableRef(SharingView),
    routes: Type.Array(RouteLimitsView, { description: 'Routes with their own limits or a cost above 1' }),
  },
  { $id: 'Limits', title: 'Limits' },
);

export const UsageView = Type.Object(
  {
    key: Type.String({ description: 'Canonical' }),
    kind,
    registered: Type.Boolean({ description: 'Whether it has its own settings, and they are enabled' }),
    counted_as: nullable(
      Type.String({
        description:
          'Key of the client whose limit applies: a registered block, or the /64 of an IPv6 address; null: none, ' +
          'because an unregistered id is ignored',
      }),
    ),
    algorithm: stringEnum(LIMIT_ALGORITHMS),
    capacity: Type.Number(),
    rate_per_second: Type.Number(),
    window_seconds: nullable(Type.Number()),
    tokens: Type.Number({ description: 'Tokens left, including fractions' }),
    used: Type.Number({ description: 'capacity minus tokens' }),
    resets_in_seconds: Type.Number({ description: 'Time until nothing is used, if no more requests arrive' }),
    quotas: Type.Array(
      Type.Object({
        route: nullable(Type.String({ description: 'Null: all routes together' })),
        per: stringEnum(QUOTA_PERIODS),
        requests: Type.Integer({ description: 'Most in the period' }),
        used: Type.Integer(),
        resets_at: Type.String({ format: 'date-time', description: 'End of the period' }),
      }),
    ),
    allowed_total: nullable(Type.Integer({ description: 'Null: not counted per client; see /v1/api/limits/top' })),
    refused_total: nullable(Type.Integer({ description: 'Null: not counted per client' })),
  },
  { $id: 'ClientUsage', title: 'Client usage' },
);

export const TopTalkersView = Type.Object(
  {
    window_seconds: Type.Integer({ description: 'How far back the counts reach' }),
    items: Type.Array(
      Type.Object({
        key: Type.String(),
        kind,
        registered: Type.Boolean(),
        requests: Type.Integer({ description: 'Never too low; too high by at most `error`' }),
        refused: Type.Integer({ description: 'May be too low when `error` is above 0' }),
        error: Type.Integer({ description: 'Above 0 only with very many clients' }),
      }),
    ),
  },
  { $id: 'TopTalkers', title: 'Top talkers' },
);

export const TopTalkersQuery = Type.Object(
  {
    by: Type.Unsafe<TalkerOrder>({
      ...stringEnum(TALKER_ORDERS, { description: 'The order' }),
      default: 'requests',
    }),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Most clients of the answer' }),
  },
  { additionalProperties: false },
);

export function limitsView(report: LimitsReport): Static<typeof LimitsView> {
  const { limiter } = report;
  return {
    ...limiterView(limiter),
    table_fill: rounded(limiter.activeClients / limiter.tableSlots),
    default: limitView(report.default),
    global: limitOrNull(report.global),
    allowlist: [...report.allowlist],
    denylist: [...report.denylist],
    shared: report.sharing === null ? null : sharingView(report.sharing),
    routes: report.routes.map((route) => ({
      route: route.route,
      cost: route.cost,
      dry_run: route.dryRun,
      client: limitOrNull(route.client),
      key: route.key,
      total: limitOrNull(route.total),
      tokens: route.tokens === null ? null : rounded(route.tokens),
    })),
  };
}

function sharingView({
  mode,
  since,
  gateways,
  rttMs,
  limits,
  waitedMs,
  decisions,
}: SharingReport): Static<typeof SharingView> {
  return {
    mode,
    since: since === null ? null : new Date(since).toISOString(),
    gateways,
    rtt_ms: rounded(rttMs),
    limits,
    waited_ms: rounded(waitedMs),
    decisions: { ...decisions },
  };
}

export function usageView(usage: ClientUsage): Static<typeof UsageView> {
  const tokensLeft = rounded(usage.tokens);
  return {
    key: usage.key,
    kind: usage.kind,
    registered: usage.registered,
    counted_as: usage.countedAs,
    ...limitView(usage.policy),
    tokens: tokensLeft,
    used: rounded(usage.policy.capacity - tokensLeft),
    resets_in_seconds: rounded(usage.resetMs / 1000),
    quotas: usage.quotas.map(({ endsAt, ...quota }) => ({ ...quota, resets_at: new Date(endsAt).toISOString() })),
    allowed_total: null,
    refused_total: null,
  };
}

export function topTalkersView(talkers: readonly TopTalker[], windowSeconds: number): Static<typeof TopTalkersView> {
  const items = talkers.map(({ key, kind: kindOf, registered, requests, refused, error }) => ({
    key,
    kind: kindOf,
    registered,
    requests: Math.round(requests),
    refused: Math.round(refused),
    error: Math.round(error),
  }));
  return { window_seconds: windowSeconds, items };
}

function limitOrNull(policy: BucketPolicy | null): Static<typeof LimitView> | null {
  return policy === null ? null : limitView(policy);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The answer of GET /v1/api/metrics: the whole report, and the summary that small dashboards ask for. */
import { Type, type Static } from '@sinclair/typebox';
import { STRATEGY_NAMES } from '../../balancing/core/balancing-vocabulary.ts';
import type { Algorithm } from '../../config/settings.ts';
import type { BackendReport, GatewayReport } from '../control/reports.ts';
import { BackendView, backendView } from '../../backends/api/backend-view.ts';
import { CacheView, cacheView } from './cache-view.ts';
import {
  ConfigurationStateView,
  DatabaseView,
  DURATION,
  ExporterView,
  ownAnswersTotal,
  percentiles,
  RouteView,
  routeView,
  StatusesView,
  sharedFields,
  ThreadView,
} from './gateway-view.ts';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { LimiterView, limiterView } from '../../limits/api/limiter-view.ts';
import { stringEnum } from '../../api/string-enum.ts';

export const MetricsView = Type.Object(
  {
    at: timestamp(),
    version: Type.String(),
    uptime_seconds: Type.Number({ minimum: 0 }),
    snapshot: Type.Integer({ description: 'Version of the current configuration' }),
    algorithm: stringEnum([...STRATEGY_NAMES, 'mixed'], { description: 'mixed: the pools differ, see pools' }),
    pools: Type.Array(
      Type.Object({
        name: Type.String(),
        algorithm: stringEnum(STRATEGY_NAMES),
        queued: Type.Integer({
          minimum: 0,
          description: 'Requests waiting for a free slot or connection at one of its backends',
        }),
        full_total: Type.Integer({
          minimum: 0,
          description:
            'Requests answered 503 since start because every backend was full: GW_POOL_FULL, GW_QUEUE_TIMEOUT, GW_CONNECTIONS_FULL',
        }),
        attempts_by_locality: nullable(
          Type.Object(
            { zone: Type.Integer(), region: Type.Integer(), other: Type.Integer() },
            { description: 'Attempts since start by how near the backend is; null: `locality.prefer` is off' },
          ),
        ),
        fallback_total: nullable(
          Type.Integer({ description: 'Requests since start that went to its fallback; null: it has none' }),
        ),
      }),
    ),
    total_requests: Type.Integer({ description: 'The same as requests_total' }),
    active_backends: Type.Integer({ description: 'Backends that are available' }),
    avg_response_time: nullable(
      Type.Number({ description: "Mean of the backends' ema_ms, weighted by their requests, ms; null: no sample" }),
    ),
    requests_per_minute: Type.Integer({
      description: 'In the last minute, or since the start if that is more recent',
    }),
    requests_total: Type.Integer({ description: 'Since start' }),
    own_answers_total: ownAnswersTotal(),
    requests_per_second: Type.Number(),
    in_flight: Type.Integer(),
    retries_total: Type.Integer({ description: 'Since start' }),
    cache: refTo(CacheView),
    statuses: refTo(StatusesView),
    duration: Type.Object(percentiles, { description: `Percentiles: ${DURATION}` }),
    backends: Type.Array(refTo(BackendView)),
    routes: Type.Array(refTo(RouteView)),
    limiter: refTo(LimiterView),
    threads: Type.Array(refTo(ThreadView)),
    database: refTo(DatabaseView),
    configuration: refTo(ConfigurationStateView),
    exporters: Type.Array(refTo(ExporterView), { description: 'One for each signal of telemetry that is exported' }),
  },
  { $id: 'Metrics', title: 'Metrics' },
);

export type MetricsView = Static<typeof MetricsView>;

/** The part of a pool's settings needed here. */
export interface PoolAlgorithm {
  readonly name: string;
  readonly algorithm: Algorithm;
}

export function metricsView(report: GatewayReport, pools: readonly PoolAlgorithm[]): MetricsView {
  const reports = new Map(report.pools.map((pool) => [pool.name, pool]));
  return {
    at: isoTime(report.at),
    version: report.version,
    uptime_seconds: report.uptimeSeconds,
    snapshot: report.snapshot,
    algorithm: commonAlgorithm(pools),
    pools: pools.map(({ name, algorithm }) => {
      const { queued = 0, fullTotal = 0, placed = null, fallbackTotal = null } = reports.get(name) ?? {};
      const [zone = 0, region = 0, other = 0] = placed ?? [];
      return {
        name,
        algorithm,
        queued,
        full_total: fullTotal,
        attempts_by_locality: placed && { zone, region, other },
        fallback_total: fallbackTotal,
      };
    }),
    total_requests: report.requestsTotal,
    active_backends: report.backends.filter((backend) => backend.available).length,
    avg_response_time: meanResponseMs(report.backends),
    requests_per_minute: report.requestsPerMinute,
    requests_total: report.requestsTotal,
    own_answers_total: report.ownAnswersTotal,
    requests_per_second: report.requestsPerSecond,
    in_flight: report.inFlight,
    retries_total: report.retriesTotal,
    cache: cacheView(report.cache),
    statuses: { ...report.statuses },
    duration: { ...report.duration },
    backends: report.backends.map(backendView),
    routes: report.routes.map(routeView),
    limiter: limiterView(report.limiter),
    ...sharedFields(report),
  };
}

function commonAlgorithm(pools: readonly PoolAlgorithm[]): MetricsView['algorithm'] {
  const [first, ...others] = pools.map((pool) => pool.algorithm);
  return first !== undefined && others.every((other) => other === first) ? first : 'mixed';
}

function meanResponseMs(backends: readonly BackendReport[]): number | null {
  let weighted = 0;
  let requests = 0;
  for (const { emaMs, requestsTotal } of backends) {
    if (emaMs === null) continue;
    weighted += emaMs * requestsTotal;
    requests += requestsTotal;
  }
  return requests === 0 ? null : weighted / requests;
}

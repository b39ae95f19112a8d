/** The messages of /ws/metrics: a snapshot at once, then a frame every interval, of the same shape. */
import { Type, type Static } from '@sinclair/typebox';
import type { GatewayReport } from '../control/reports.ts';
import { BackendView, backendView } from '../../backends/api/backend-view.ts';
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
import { isoTime, refTo, timestamp } from '../../api/json-types.ts';
import { LimiterView, limiterView } from '../../limits/api/limiter-view.ts';
import { stringEnum } from '../../api/string-enum.ts';

export const FrameView = Type.Object(
  {
    type: stringEnum(['snapshot', 'frame'], { description: 'snapshot: the first message of a connection' }),
    at: timestamp(),
    interval_s: Type.Number({ description: 'Seconds between frames' }),
    version: Type.String(),
    uptime_seconds: Type.Number({ minimum: 0 }),
    snapshot: Type.Integer({ description: 'Version of the current configuration' }),
    total: Type.Object(
      {
        requests_total: Type.Integer({ description: 'Since start' }),
        own_answers_total: ownAnswersTotal(),
        requests_per_second: Type.Number(),
        in_flight: Type.Integer(),
        retries_total: Type.Integer(),
        statuses: refTo(StatusesView),
        ...percentiles,
      },
      { description: `p50, p95, p99: ${DURATION}` },
    ),
    backends: Type.Array(refTo(BackendView)),
    routes: Type.Array(refTo(RouteView)),
    limiter: refTo(LimiterView),
    threads: Type.Array(refTo(ThreadView)),
    database: refTo(DatabaseView),
    configuration: refTo(ConfigurationStateView),
    exporters: Type.Array(refTo(ExporterView), { description: 'One for each signal of telemetry that is exported' }),
  },
  { $id: 'Frame', title: 'Frame of /ws/metrics' },
);

export type FrameView = Static<typeof FrameView>;

export function frameView(report: GatewayReport, type: FrameView['type'], intervalMs: number): FrameView {
  return {
    type,
    at: isoTime(report.at),
    interval_s: intervalMs / 1000,
    version: report.version,
    uptime_seconds: report.uptimeSeconds,
    snapshot: report.snapshot,
    total: {
      requests_total: report.requestsTotal,
      own_answers_total: report.ownAnswersTotal,
      requests_per_second: report.requestsPerSecond,
      in_flight: report.inFlight,
      retries_total: report.retriesTotal,
      statuses: { ...report.statuses },
      p50: report.duration.p50,
      p95: report.duration.p95,
      p99: report.duration.p99,
    },
    backends: report.backends.map(backendView),
    routes: report.routes.map(routeView),
    limiter: limiterView(report.limiter),
    ...sharedFields(report),
  };
}

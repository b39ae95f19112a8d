/** Parts of the gateway's report shared by /v1/api/metrics and the frames of /ws/metrics. */
import { Type, type Static } from '@sinclair/typebox';
import { DROP_REASONS, EXPORT_STATES, SIGNALS } from '../../otlp/core/otlp-vocabulary.ts';
import { DATABASE_MODES } from '../../database/core/database-vocabulary.ts';
import { THREAD_STATES } from '../../threads/core/threads-vocabulary.ts';
import type { GatewayReport, RouteFigures, RouteReport } from '../control/reports.ts';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

const count = () => Type.Integer({ minimum: 0 });
const milliseconds = () => nullable(Type.Number({ minimum: 0 }));

/** Milliseconds over the last minute; null: no sample. */
export const percentiles = { p50: milliseconds(), p95: milliseconds(), p99: milliseconds() };

/** The requests that the percentiles cover. */
export const DURATION =
  'duration of whole requests in the last minute, ms, of those sent to a backend; null: no sample';

export const ownAnswersTotal = () =>
  Type.Integer({
    minimum: 0,
    description: 'Since start: answered by the gateway itself (429, 404, 503 …)',
  });

export const StatusesView = Type.Object(
  { '1xx': count(), '2xx': count(), '3xx': count(), '4xx': count(), '5xx': count(), aborted: count() },
  { $id: 'Statuses', title: 'Statuses', description: 'Answers since start; aborted: the client disconnected first' },
);

const figures = () => ({
  requests_total: count(),
  own_answers_total: ownAnswersTotal(),
  error_share: nullable(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Answers of 500 and above over the last minute; null: less than one request a second',
    }),
  ),
  requests_per_second: Type.Number({ minimum: 0 }),
  statuses: refTo(StatusesView),
  ...percentiles,
});

export const RouteShareView = Type.Object(
  { pool: Type.String(), ...figures() },
  { $id: 'RouteShare', title: 'Part of a route', description: 'The requests of a route that went to one of its pools' },
);

export const RouteView = Type.Object(
  {
    name: Type.String(),
    pool: Type.String({ description: 'Empty: it has several, see shares, or its requests are not forwarded.' }),
    ...figures(),
    shares: Type.Array(refTo(RouteShareView), { description: 'Of a route with several pools; else empty' }),
  },
  { $id: 'Route', title: 'Route', description: `p50, p95, p99: ${DURATION}` },
);

export type RouteView = Static<typeof RouteView>;

export const ThreadView = Type.Object(
  {
    index: Type.Integer(),
    state: stringEnum(THREAD_STATES),
    restarts: count(),
    snapshot: Type.Integer({ description: 'Version of its current configuration' }),
    connections: count(),
    tunnels: Type.Integer({ minimum: 0, description: 'Upgraded connections, mostly WebSockets' }),
    refused_connections: Type.Integer({
      minimum: 0,
      description: 'Closed without an answer since start, because of a limit or their PROXY header',
    }),
  },
  { $id: 'Thread', title: 'Traffic thread' },
);

export const DatabaseView = Type.Object(
  { mode: stringEnum(DATABASE_MODES), available: Type.Boolean() },
  { $id: 'Database', title: 'Database' },
);

export const ConfigurationStateView = Type.Object(
  {
    last_reload_successful: Type.Boolean({
      description: 'False: the last reload was refused; /v1/api/config says why',
    }),
  },
  { $id: 'ConfigurationState', title: 'State of the configuration' },
);

const DROPPED =
  'Dropped since start, by reason: no room, refused or rejected by the collector, not accepted within a minute, or stopped';

export const ExporterView = Type.Object(
  {
    signal: stringEnum(SIGNALS),
    endpoint: Type.String(),
    state: stringEnum(EXPORT_STATES),
    failing_since: nullable(timestamp()),
    last_error: nullable(Type.String({ description: 'Why the last request failed; null: it did not' })),
    exported_total: Type.Integer({
      minimum: 0,
      description: 'Spans, data points or log records that the collector has accepted since start',
    }),
    dropped_total: Type.Object(Object.fromEntries(DROP_REASONS.map((reason) => [reason, count()])), {
      description: DROPPED,
    }),
    queued: count(),
  },
  { $id: 'Exporter', title: 'Export of a signal to a collector' },
);

export function sharedFields(report: GatewayReport) {
  return {
    threads: report.threads.map(({ refusedConnections, ...thread }): Static<typeof ThreadView> => ({
      ...thread,
      refused_connections: refusedConnections,
    })),
    database: { ...report.database },
    configuration: { last_reload_successful: report.configuration.isLastReloadGood },
    exporters: report.exporters.map((exporter): Static<typeof ExporterView> => ({
      signal: exporter.signal,
      endpoint: exporter.endpoint,
      state: exporter.state,
      failing_since: exporter.failingSinceMs === null ? null : isoTime(exporter.failingSinceMs),
      last_error: exporter.lastError,
      exported_total: exporter.exportedTotal,
      dropped_total: { ...exporter.droppedTotal },
      queued: exporter.queued,
    })),
  };
}

export function routeView({ name, shares, ...route }: RouteReport): RouteView {
  return { name, ...figuresView(route), shares: shares.map(figuresView) };
}

function figuresView(figures: RouteFigures): Static<typeof RouteShareView> {
  return {
    pool: figures.pool,
    requests_total: figures.requestsTotal,
    own_answers_total: figures.ownAnswersTotal,
    error_share: figures.errorShare,
    requests_per_second: figures.requestsPerSecond,
    statuses: { ...figures.statuses },
    p50: figures.duration.p50,
    p95: figures.duration.p95,
    p99: figures.duration.p99,
  };
}

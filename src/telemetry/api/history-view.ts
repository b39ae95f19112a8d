/** Metrics over time, for charts: of the gateway and of one backend alike. */
import { Type, type Static } from '@sinclair/typebox';
import { BACKEND_SPANS, HISTORY_SPANS } from '../core/telemetry-vocabulary.ts';
import type { HistoryPoint, StorageState } from '../control/history-points.ts';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

const figure = (description: string) => nullable(Type.Number({ minimum: 0, description }));

const HistoryPointView = Type.Object(
  {
    at: timestamp({ description: 'The end of the interval' }),
    requests_per_second: figure('Null: not known'),
    errors_per_second: figure('Answers of 500 and above; of a backend: failures as its circuit counts them'),
    refused_per_second: figure('By the rate limiter; 0 for a backend'),
    p50: figure('For requests sent to a backend in the minute before, ms; null: no sample'),
    p95: figure('See p50'),
    p99: figure('See p50'),
    in_flight: figure('At the end of the interval'),
    error_rate: figure('Share of requests in the interval that failed, 0 to 1; null: no requests'),
  },
  { title: 'Point' },
);

const points = {
  interval_seconds: Type.Integer({ description: 'Between points' }),
  points: Type.Array(HistoryPointView, { description: 'Oldest first; a time without points is a gap' }),
};

export const HistoryView = Type.Object(points, { $id: 'History', title: 'History' });

export type HistoryView = Static<typeof HistoryView>;

export const GatewayHistoryView = Type.Object(
  {
    ...points,
    stored: Type.Boolean({ description: 'It continues after a restart, as `metrics.store_history` says' }),
    storage_problem: nullable(
      Type.String({
        description: 'Why it cannot be stored; null: it is, or it should not be',
        examples: ['there is no space left on the disk'],
      }),
    ),
  },
  { $id: 'GatewayHistory', title: 'History of the gateway' },
);

export const HistoryQuery = Type.Object(
  {
    span: Type.Optional(
      stringEnum(HISTORY_SPANS, {
        description:
          '60s, the default, and 5m: one point per second; 1h: one every ten seconds; 6h and 24h: one a minute',
      }),
    ),
  },
  { additionalProperties: false },
);

export const BackendHistoryQuery = Type.Object(
  {
    span: Type.Optional(
      stringEnum(BACKEND_SPANS, { description: '60s, the default: one point per second; 1h: one every ten seconds' }),
    ),
  },
  { additionalProperties: false },
);

export const historyAnswer = { 200: refTo(HistoryView, { description: 'The points in memory' }) };
export const gatewayHistoryAnswer = {
  200: refTo(GatewayHistoryView, { description: 'The points, and whether they are stored' }),
};

export function gatewayHistoryView(
  intervalSeconds: number,
  found: readonly HistoryPoint[],
  { isStored, problem }: StorageState,
): Static<typeof GatewayHistoryView> {
  return { ...historyView(intervalSeconds, found), stored: isStored, storage_problem: problem };
}

export function historyView(intervalSeconds: number, found: readonly HistoryPoint[]): HistoryView {
  return {
    interval_seconds: intervalSeconds,
    points: found.map((point) => ({
      at: isoTime(point.at),
      requests_per_second: point.requestsPerSecond,
      errors_per_second: point.errorsPerSecond,
      refused_per_second: point.refusedPerSecond,
      p50: point.p50,
      p95: point.p95,
      p99: point.p99,
      in_flight: point.inFlight,
      error_rate: point.errorRate,
    })),
  };
}

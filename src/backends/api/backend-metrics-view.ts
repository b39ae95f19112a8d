/** The metrics of a backend as operators see them: schema and values follow from the list in backend-metrics.ts. */
import { Type } from '@sinclair/typebox';
import { nullable } from '../../api/json-types.ts';
import { BACKEND_METRIC_ROWS, type BACKEND_METRICS, type BackendMetrics, type MetricKind } from '../backend-metrics.ts';

const SCHEMAS = {
  count: (description: string) => Type.Integer({ description }),
  ms: (description: string) => nullable(Type.Number({ minimum: 0, description })),
  share: (description: string) => Type.Number({ minimum: 0, maximum: 1, description }),
} as const satisfies Record<MetricKind, unknown>;

type Metrics = typeof BACKEND_METRICS;
type Fields = {
  readonly [Key in keyof Metrics as Metrics[Key]['field']]: ReturnType<(typeof SCHEMAS)[Metrics[Key]['kind']]>;
};
export type BackendMetricsView = { [Key in keyof Metrics as Metrics[Key]['field']]: BackendMetrics[Key] };

export const metricFields = Object.fromEntries(
  BACKEND_METRIC_ROWS.map(({ field, kind, description }) => [field, SCHEMAS[kind](description)]),
) as unknown as Fields;

export function backendMetricsView(backend: BackendMetrics): BackendMetricsView {
  return Object.fromEntries(BACKEND_METRIC_ROWS.map(({ field, key }) => [field, backend[key]])) as BackendMetricsView;
}

/** What reset-metrics resets, for the audit log; null: there is no such backend. */
export function resettableMetricsView(backend: BackendMetrics | undefined): Readonly<Record<string, unknown>> | null {
  if (backend === undefined) return null;
  const rows = BACKEND_METRIC_ROWS.filter(({ isReset }) => isReset);
  return Object.fromEntries(rows.map(({ field, key }) => [field, backend[key]]));
}

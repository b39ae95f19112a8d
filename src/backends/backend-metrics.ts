/**
 * The metrics of a backend: one list, from which the report, the bodies of the API and their types are derived. A new
 * metric is a row here; its counters are in backend-row.ts.
 */
import type { Percentiles } from '../core/histogram.ts';
import { round } from '../core/round.ts';
import type { BackendTable } from './backend-table.ts';

/** The inputs of metrics. */
export interface BackendFigures {
  readonly table: BackendTable;
  readonly index: number;
  /** Outcomes in the circuit's window. */
  readonly window: { readonly successes: number; readonly failures: number };
  /** Time to first byte over the last minute. */
  readonly latency: Percentiles;
}

/** `count`: a whole number; `ms`: milliseconds, null while there is no sample; `share`: 0 to 1. */
export type MetricKind = 'count' | 'ms' | 'share';

interface BackendMetric {
  /** In JSON. */
  readonly field: string;
  readonly kind: MetricKind;
  readonly description: string;
  /** `reset-metrics` resets it, and the audit log records its old value. */
  readonly isReset?: boolean;
  /** For Prometheus. */
  readonly gauge?: { readonly name: string; readonly help: string };
  readonly read: (figures: BackendFigures) => number | null;
}

export const BACKEND_METRICS = {
  inFlight: {
    field: 'in_flight',
    kind: 'count',
    description: 'Requests in flight',
    gauge: { name: 'sluice_backend_in_flight', help: 'Requests in flight on the backend' },
    read: ({ table, index }) => table.inFlight(index),
  },
  requestsTotal: {
    field: 'requests_total',
    kind: 'count',
    description: 'Since start',
    isReset: true,
    read: ({ table, index }) => table.successes(index) + table.failures(index),
  },
  failuresTotal: {
    field: 'failures_total',
    kind: 'count',
    description: 'Since start',
    isReset: true,
    read: ({ table, index }) => table.failures(index),
  },
  emaMs: {
    field: 'ema_ms',
    kind: 'ms',
    description: 'Time to first byte of answers below 400, exponential average with α = 0.2, ms; null: no sample',
    isReset: true,
    read: ({ table, index }) => {
      const emaMs = table.emaMs(index);
      return Number.isNaN(emaMs) ? null : round(emaMs);
    },
  },
  p50: {
    field: 'p50',
    kind: 'ms',
    description: 'Time to first byte over the last minute, ms; null: no sample',
    read: ({ latency }) => latency.p50,
  },
  p95: { field: 'p95', kind: 'ms', description: 'See p50', read: ({ latency }) => latency.p95 },
  p99: { field: 'p99', kind: 'ms', description: 'See p50', read: ({ latency }) => latency.p99 },
  errorRate: {
    field: 'error_rate',
    kind: 'share',
    description: 'Share of failures in the circuit window',
    isReset: true,
    read: ({ window: { successes, failures } }) => (failures === 0 ? 0 : round(failures / (successes + failures))),
  },
} as const satisfies Record<string, BackendMetric>;

type Metrics = typeof BACKEND_METRICS;

export type BackendMetrics = {
  readonly [Key in keyof Metrics]: Metrics[Key]['kind'] extends 'ms' ? number | null : number;
};

/** Each with its key in {@link BackendMetrics}. */
export const BACKEND_METRIC_ROWS: readonly (BackendMetric & { readonly key: keyof Metrics })[] = Object.entries(
  BACKEND_METRICS,
).map(([key, metric]) => ({ key: key as keyof Metrics, ...metric }));

export function readBackendMetrics(figures: BackendFigures): BackendMetrics {
  return Object.fromEntries(BACKEND_METRIC_ROWS.map(({ key, read }) => [key, read(figures)])) as BackendMetrics;
}

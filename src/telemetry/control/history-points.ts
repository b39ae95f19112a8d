/** Metrics of the last minute and the last hour, for charts. src/telemetry/control/kept-metrics-history.ts keeps them. */
import type { HistorySpan } from '../core/telemetry-vocabulary.ts';

/** Null: no sample, or not known for that moment. */
export interface HistoryPoint {
  /** Milliseconds since the epoch: the end of the interval. */
  readonly at: number;
  readonly requestsPerSecond: number | null;
  /** Answers of 500 and above; for a backend: what its circuit counts as a failure. */
  readonly errorsPerSecond: number | null;
  /** By the rate limiter; always 0 for a backend. */
  readonly refusedPerSecond: number | null;
  /** Over the minute before, ms. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly inFlight: number | null;
  /** Share of errors among the requests of the interval, 0..1. */
  readonly errorRate: number | null;
}

export interface MetricsHistory {
  /** Of the whole gateway, oldest first. */
  total(span: HistorySpan): readonly HistoryPoint[];
  /** Oldest first; empty before the first sample of that backend. */
  backend(id: string, span: HistorySpan): readonly HistoryPoint[];
}

/** Seconds between points. */
export const HISTORY_INTERVALS: Readonly<Record<HistorySpan, number>> = { '60s': 1, '1h': 10 };

/** Metrics of the last minute to the last day, for charts. src/telemetry/control/kept-metrics-history.ts keeps them. */
import type { BackendSpan, HistorySpan } from '../core/telemetry-vocabulary.ts';

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

/** Whether the history of the gateway survives a restart. */
export interface StorageState {
  readonly isStored: boolean;
  /** Why not, for operators; null: it is stored, or turned off. */
  readonly problem: string | null;
}

export interface MetricsHistory {
  /** Of the whole gateway, oldest first. */
  total(span: HistorySpan): readonly HistoryPoint[];
  /** Oldest first; empty before the first sample of that backend. */
  backend(id: string, span: BackendSpan): readonly HistoryPoint[];
  storage(): StorageState;
}

/** Points of one interval: as many as are kept of the gateway, and of each backend. */
export interface HistoryLevel {
  readonly seconds: number;
  readonly points: number;
  readonly backendPoints: number;
}

export const HISTORY_LEVELS: readonly HistoryLevel[] = [
  { seconds: 1, points: 300, backendPoints: 60 },
  { seconds: 10, points: 360, backendPoints: 360 },
  { seconds: 60, points: 1440, backendPoints: 0 },
];

/** Numbers of a point, in the order in which they are stored. */
export const HISTORY_FIELDS = 8;

/** Seconds between points. */
export const HISTORY_INTERVALS: Readonly<Record<HistorySpan, number>> = {
  '60s': 1,
  '5m': 1,
  '1h': 10,
  '6h': 60,
  '24h': 60,
};

/** The control thread's reports to operators: shapes of the reports that telemetry builds from the shared tables. */
import type { ExporterReport } from '../../otlp/exporter-report.ts';
import type { BackendMetrics } from '../../backends/backend-metrics.ts';
import type { BackendOrigin } from '../../backends/backend-overlay.ts';
import type { ProbeState, UnavailableReason } from '../../backends/core/backends-vocabulary.ts';
import type { CircuitState } from '../../breaker/core/breaker-vocabulary.ts';
import type { DatabaseMode } from '../../database/core/database-vocabulary.ts';
import type { ThreadState } from '../../threads/core/threads-vocabulary.ts';
import type { Percentiles } from '../../core/histogram.ts';
import type { BackendCondition } from '../../backends/condition.ts';
import type { CacheCounter } from '../../policies/core/policies-vocabulary.ts';
import type { LimiterReport } from '../../limits/limit-reports.ts';

/** Where a backend's host name leads; times in milliseconds since the epoch. */
export interface ResolutionReport {
  readonly host: string;
  /** Since when it has led to these addresses; null: it was never found. */
  readonly since: number | null;
  /** Of the last lookup; null: none has ended yet. */
  readonly checkedAt: number | null;
  /** Reason why the last lookup failed, else null. */
  readonly error: string | null;
}

/** Answers since start, by status class; `aborted` counts clients that left before the answer. */
export interface StatusCounts {
  readonly '1xx': number;
  readonly '2xx': number;
  readonly '3xx': number;
  readonly '4xx': number;
  readonly '5xx': number;
  readonly aborted: number;
}

export interface CircuitReport {
  readonly enabled: boolean;
  readonly state: CircuitState;
  /** Consecutive failures, all threads. */
  readonly consecutiveFailures: number;
  /** In the sliding window. */
  readonly windowRequests: number;
  readonly windowFailures: number;
  /** Half-open: trials running, and successes so far. */
  readonly trials: number;
  readonly trialSuccesses: number;
  /** Trips that are not forgotten yet. */
  readonly trips: number;
  /** Milliseconds since the epoch; null when not open. */
  readonly retryAt: number | null;
  /** Milliseconds since the epoch: until then an operator has forced it open; null: no. */
  readonly forcedUntil: number | null;
  /** Milliseconds since the epoch; null when there was none. */
  readonly lastFailureAt: number | null;
}

export interface BackendReport extends BackendCondition, BackendMetrics {
  readonly id: string;
  readonly origin: BackendOrigin;
  /** The id shown to clients, in X-Sluice-Backend and in sticky cookies. */
  readonly opaqueId: string;
  readonly url: string;
  /** Where requests go; empty: its host name was never resolved. */
  readonly addresses: readonly string[];
  /** Known, but not used: their probes fail while those of others succeed. */
  readonly addressesDown: readonly string[];
  /** Null: the URL contains an address. */
  readonly resolution: ResolutionReport | null;
  readonly pool: string;
  readonly weight: number;
  readonly effectiveWeight: number;
  readonly enabled: boolean;
  /** Gets requests only while no other backend can take them. */
  readonly backup: boolean;
  /** Where it runs; null: unknown. */
  readonly region: string | null;
  readonly zone: string | null;
  /** Concurrent requests; null: unlimited. */
  readonly maxInFlight: number | null;
  readonly draining: boolean;
  readonly probes: ProbeState;
  /** What to do so that its health is checked; null: it is, or checks are off. */
  readonly hint: string | null;
  /** The prober's verdict; null: unknown or unchecked. */
  readonly healthy: boolean | null;
  /** Reason why the last health check failed, else null: `connect refused`, `status 503`. */
  readonly lastError: string | null;
  readonly available: boolean;
  readonly reason: UnavailableReason | null;
  readonly circuit: CircuitReport;
  /** Milliseconds since the epoch; null: never probed. */
  readonly lastCheckedAt: number | null;
}

/** The figures of a route, or of the part of it that goes to one of several pools. */
export interface RouteFigures {
  /** Empty: several pools, or none. */
  readonly pool: string;
  readonly requestsTotal: number;
  /** Answered by the gateway without a backend: 429, 404, 503 … */
  readonly ownAnswersTotal: number;
  /** Answers of 500 and above over the last minute, 0..1; null: less than one request a second. */
  readonly errorShare: number | null;
  readonly requestsPerSecond: number;
  readonly statuses: StatusCounts;
  /** Whole request, over the last minute, of those that were sent to a backend. */
  readonly duration: Percentiles;
}

export interface RouteReport extends RouteFigures {
  readonly name: string;
  /** Of a split, each of its pools; else empty. */
  readonly shares: readonly RouteFigures[];
}

export interface PoolReport {
  readonly name: string;
  /** Requests that wait for a slot at one of its backends. */
  readonly queued: number;
  /** Since start: requests answered 503 because all of them were full. */
  readonly fullTotal: number;
  /** Attempts since start, by the levels of LOCALITY_LEVELS; null: it does not matter how near a backend is. */
  readonly placed: readonly number[] | null;
  /** Requests since start that went to its fallback; null: it has none. */
  readonly fallbackTotal: number | null;
}

export interface ThreadReport {
  readonly index: number;
  readonly state: ThreadState;
  readonly restarts: number;
  /** Version of its current configuration. */
  readonly snapshot: number;
  readonly connections: number;
  /** Upgraded connections, mostly WebSockets. */
  readonly tunnels: number;
  /** Since start: connections closed without an answer, by a limit or for their PROXY header. */
  readonly refusedConnections: number;
}

/** Of the response caches of all threads; counters since start. */
export type CacheReport = Readonly<Record<CacheCounter | 'bytes', number>>;

export interface GatewayReport {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly uptimeSeconds: number;
  readonly version: string;
  readonly snapshot: number;
  readonly requestsTotal: number;
  /** Answered by the gateway without a backend. */
  readonly ownAnswersTotal: number;
  readonly requestsPerSecond: number;
  /** In the last minute, or since the start if that is more recent. */
  readonly requestsPerMinute: number;
  readonly inFlight: number;
  readonly statuses: StatusCounts;
  /** Whole request, over the last minute, of those that were sent to a backend. */
  readonly duration: Percentiles;
  readonly retriesTotal: number;
  readonly cache: CacheReport;
  readonly pools: readonly PoolReport[];
  readonly backends: readonly BackendReport[];
  readonly routes: readonly RouteReport[];
  readonly limiter: LimiterReport;
  readonly threads: readonly ThreadReport[];
  readonly database: { readonly mode: DatabaseMode; readonly available: boolean };
  readonly configuration: { readonly isLastReloadGood: boolean };
  /** Of telemetry to a collector: one for each signal that is exported. */
  readonly exporters: readonly ExporterReport[];
}

/**
 * The source of the admin plugins' data. Cheap enough for once a second; adds the shared rows up on demand, and changes
 * nothing.
 */
export interface Telemetry {
  report(): GatewayReport;
  /** The part of the report on backends; the next is the one on the limiter. */
  backends(): readonly BackendReport[];
  limiter(): LimiterReport;
  backend(id: string): BackendReport | undefined;
}

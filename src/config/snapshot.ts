/**
 * A snapshot: one immutable version of everything a traffic thread needs to know about the configuration. It is sent to
 * the threads as a whole (structured clone); each swaps it in at once and acknowledges.
 */
import type { TracingSettings } from '../tracing/core/sampling.ts';
import type {
  GeoSettings,
  LiveTlsSettings,
  Locality,
  LogSettings,
  PluginSettings,
  PoolSettings,
  RateLimitSettings,
  RouteSettings,
} from './settings.ts';

export interface SnapshotBackend {
  readonly id: string;
  readonly url: string;
  /** Where connections go: for a host name, the addresses it currently resolves to. Empty: none yet. */
  readonly addresses: readonly string[];
  /** Slot in the backend table. */
  readonly index: number;
  readonly backup: boolean;
  /** Concurrent requests, all threads; null: unlimited. */
  readonly maxInFlight: number | null;
  readonly region: string | null;
  readonly zone: string | null;
}

export interface SnapshotPool {
  readonly settings: PoolSettings;
  /** Slot of the pool's turn counter. */
  readonly index: number;
  readonly backends: readonly SnapshotBackend[];
}

export interface SnapshotRoute {
  readonly settings: RouteSettings;
  /** Row in the metrics table; of a split: for the requests that got no further than to the choice of a pool. */
  readonly index: number;
  /** Of a split: the pools, each with a row of its own. */
  readonly shares?: readonly SnapshotShare[];
}

export interface SnapshotShare {
  readonly pool: string;
  readonly index: number;
}

export interface SnapshotPlugin extends PluginSettings {
  readonly name: string;
  /** Stays the same while it is configured; from 1. */
  readonly number: number;
}

export interface Snapshot {
  readonly version: number;
  readonly rateLimit: RateLimitSettings;
  readonly trustProxy: readonly string[];
  /** Its table is in shared memory. */
  readonly geo: GeoSettings;
  /** Of the gateway. */
  readonly locality: Locality;
  /** Null: no TLS for clients. */
  readonly tls: LiveTlsSettings | null;
  readonly access: LogSettings['access'];
  readonly logLevel: LogSettings['level'];
  /** Null: off. */
  readonly tracing: TracingSettings | null;
  /** Lines of the log are also sent to the control thread. */
  readonly exportsLogs: boolean;
  readonly pools: readonly SnapshotPool[];
  readonly routes: readonly SnapshotRoute[];
  readonly plugins: readonly SnapshotPlugin[];
}

/**
 * A snapshot: one immutable version of everything a traffic thread needs to know of the configuration. It goes to the
 * threads whole (structured clone), each swaps at once and acknowledges.
 */
import type { LogSettings, PoolSettings, RateLimitSettings, RouteSettings } from './settings.ts';

export interface SnapshotBackend {
  readonly id: string;
  readonly url: string;
  /** Where connections go: of a host name, what it leads to now. Empty: nowhere yet. */
  readonly addresses: readonly string[];
  /** Slot in the backend table. */
  readonly index: number;
  readonly backup: boolean;
  /** Requests at a time, all threads; null: any number. */
  readonly maxInFlight: number | null;
}

export interface SnapshotPool {
  readonly settings: PoolSettings;
  /** Slot of the pool's turn counter. */
  readonly index: number;
  readonly backends: readonly SnapshotBackend[];
}

export interface SnapshotRoute {
  readonly settings: RouteSettings;
  /** Row in the metrics table. */
  readonly index: number;
}

export interface Snapshot {
  readonly version: number;
  readonly rateLimit: RateLimitSettings;
  readonly trustProxy: readonly string[];
  readonly access: LogSettings['access'];
  readonly logLevel: LogSettings['level'];
  readonly pools: readonly SnapshotPool[];
  readonly routes: readonly SnapshotRoute[];
}

/** The ports through which operators change backends and their circuits. control/ implements them. */
import type { BackendChange, StoredBackend } from './backend-store.ts';
import type { AcceptedVersions } from '../net/entity-tag.ts';

export interface WantedBackend {
  readonly pool: string;
  /** As the file allows it. */
  readonly url: string;
  /** Default: derived from pool, host, port and path, as for a backend of the file. */
  readonly id?: string | undefined;
  /** Default 1. */
  readonly weight?: number | undefined;
  readonly enabled?: boolean | undefined;
  readonly backup?: boolean | undefined;
  readonly maxInFlight?: number | null | undefined;
}

/**
 * Everything that can be changed about an existing backend; values that are missing or null are the file's, or the
 * default.
 */
export interface BackendReplacement {
  readonly pool: string;
  readonly weight?: number | undefined;
  readonly enabled?: boolean | undefined;
  readonly backup?: boolean | undefined;
  readonly maxInFlight?: number | null | undefined;
}

/** The API's override of a backend, whether or not it applies. */
export interface OverlayEntry extends StoredBackend {
  /** Why it does not apply (or not completely); null: it does. */
  readonly problem: string | null;
}

/**
 * Changes of backends: stored first, then applied on every thread; the promises resolve after both. One at a time, and
 * never during a reload. All reject with GW_BACKEND_NOT_FOUND, GW_PRECONDITION_FAILED, GW_DATABASE_UNAVAILABLE, and
 * with GW_VALIDATION or GW_BACKEND_EXISTS if the change does not fit the current configuration; nothing is changed
 * then.
 */
export interface BackendControl {
  /** The new backend's id. */
  create(wanted: WantedBackend): Promise<string>;
  /** A null removes the API's value. */
  change(id: string, change: BackendChange, versions?: AcceptedVersions): Promise<void>;
  /** Overrides only what differs from the file, and changes nothing if it already applies. */
  replace(id: string, wanted: BackendReplacement, versions?: AcceptedVersions): Promise<void>;
  /** Like `change`, but overrides only what differs from the file. */
  setEnabled(id: string, isEnabled: boolean, versions?: AcceptedVersions): Promise<void>;
  /**
   * Removes an added backend, or the override of the file's. Rejects with GW_BACKEND_IN_FILE if there is nothing of the
   * API to remove.
   */
  remove(id: string, versions?: AcceptedVersions): Promise<void>;
  /** Everything stored, as far as it is known here. */
  overlay(): readonly OverlayEntry[];
}

/** Actions of operators on a running backend. */
export interface BackendSwitches {
  /** Totals, averages, latencies and the error window are reset on every thread. Rejects with GW_BACKEND_NOT_FOUND. */
  resetMetrics(id: string): Promise<void>;
  /** Ids of the current backends with this id, or else this URL. Throws GW_BACKEND_NOT_FOUND if there are none. */
  named(idOrUrl: string): readonly string[];
  /**
   * Closes the circuits, including those forced open, and forgets their trips: on every gateway of the database. Ids as
   * `named`.
   */
  resetCircuits(idOrUrl: string): Promise<readonly string[]>;
  /** Forces the circuits open for this long, on every gateway; half-open afterwards. Ids as `named`. */
  openCircuits(idOrUrl: string, seconds: number): Promise<readonly string[]>;
}

/** The ports through which operators change backends and their circuits. control/ implements them. */
import type { BackendChange, StoredBackend } from './backend-store.ts';
import type { AcceptedVersions } from '../net/entity-tag.ts';

export interface WantedBackend {
  readonly pool: string;
  /** As the file allows it. */
  readonly url: string;
  /** Default: made of pool, host, port and path, as for a backend of the file. */
  readonly id?: string | undefined;
  /** Default 1. */
  readonly weight?: number | undefined;
  readonly enabled?: boolean | undefined;
  readonly backup?: boolean | undefined;
  readonly maxInFlight?: number | null | undefined;
}

/** All that can be said of a backend that is there; what is left out or null is as the file says, or the default. */
export interface BackendReplacement {
  readonly pool: string;
  readonly weight?: number | undefined;
  readonly enabled?: boolean | undefined;
  readonly backup?: boolean | undefined;
  readonly maxInFlight?: number | null | undefined;
}

/** What the API says of a backend, in force or not. */
export interface OverlayEntry extends StoredBackend {
  /** Why it is not in force (or not all of it); null: it is. */
  readonly problem: string | null;
}

/**
 * Changes of backends: stored first, then in force on every thread; the promises resolve after both. One at a time, and
 * never beside a reload. All reject with GW_BACKEND_NOT_FOUND, GW_PRECONDITION_FAILED, GW_DATABASE_UNAVAILABLE, and with
 * GW_VALIDATION or GW_BACKEND_EXISTS when the change does not fit what is in force; nothing is changed then.
 */
export interface BackendControl {
  /** The new backend's id. */
  create(wanted: WantedBackend): Promise<string>;
  /** A null takes back what the API says of it. */
  change(id: string, change: BackendChange, versions?: AcceptedVersions): Promise<void>;
  /** Says nothing where the file says the same, and changes nothing where this is in force already. */
  replace(id: string, wanted: BackendReplacement, versions?: AcceptedVersions): Promise<void>;
  /** Like `change`, but says nothing where the file says the same. */
  setEnabled(id: string, isEnabled: boolean, versions?: AcceptedVersions): Promise<void>;
  /**
   * Removes an added backend, or what lies over the file's. Rejects with GW_BACKEND_IN_FILE when there is nothing of
   * the API to remove.
   */
  remove(id: string, versions?: AcceptedVersions): Promise<void>;
  /** Everything stored, as far as it is known here. */
  overlay(): readonly OverlayEntry[];
}

/** What operators do to a running backend; nothing of it is stored. */
export interface BackendSwitches {
  /** Totals, averages, latencies and the error window are reset on every thread. Rejects with GW_BACKEND_NOT_FOUND. */
  resetMetrics(id: string): Promise<void>;
  /** Ids of the backends in force with this id, or else this URL. Throws GW_BACKEND_NOT_FOUND when there is none. */
  named(idOrUrl: string): readonly string[];
  /** Closes the circuits, also those forced open, and forgets their trips. Ids as `named`. */
  resetCircuits(idOrUrl: string): readonly string[];
  /** Opens the circuits for so long, whatever happens; half-open afterwards. Ids as `named`. */
  openCircuits(idOrUrl: string, seconds: number): readonly string[];
}

/** The database as the control thread sees it, whichever kind it is. drizzle/ opens it. */
import type { AuditStore } from '../audit/audit-store.ts';
import type { BackendStore } from '../backends/backend-store.ts';
import type { ClientStore } from '../limits/client-store.ts';
import type { DatabaseMode } from './core/database-mode.ts';
import type { TransferStore } from './transfer.ts';

/** Secrets that all gateways of a database share. */
export interface FleetSecrets {
  /** The one of this name; when there is none yet, what `make` returns is kept, unless another gateway is faster. */
  get(name: string, make: () => string): Promise<string>;
}

export interface Database {
  readonly mode: DatabaseMode;
  readonly clients: ClientStore;
  readonly backends: BackendStore;
  readonly audit: AuditStore;
  readonly secrets: FleetSecrets;
  /** For export and import. */
  readonly transfer: TransferStore;
  /** False from the first failed connection until the database answers again, which is asked for all the time. */
  isAvailable(): boolean;
  /** Hears changes. Returns a function that ends the subscription. */
  onAvailability(listener: (isAvailable: boolean) => void): () => void;
  /**
   * Hears changes of clients, also those made by other gateways: with the key, or with null when any may have
   * changed. Ours come back as well: putting a client in force again must do no harm. A change for which the listener
   * rejects comes again. Returns a function that ends the subscription. Silent for the embedded database.
   */
  onClientsChanged(listener: (key: string | null) => unknown): () => void;
  /** The same for what is stored of backends, without saying which: all of them are read again. */
  onBackendsChanged(listener: () => unknown): () => void;
  /** Finishes what runs, at most 2 s. The store rejects afterwards. */
  close(): Promise<void>;
}

/** The database as the control thread sees it, of either kind. drizzle/ opens it. */
import type { AcmeStore } from '../acme/acme-store.ts';
import type { AuditStore } from '../audit/audit-store.ts';
import type { BackendStore } from '../backends/backend-store.ts';
import type { CircuitOrderStore } from '../backends/circuit-order-store.ts';
import type { MemberStore } from '../backends/member-store.ts';
import type { UploadStore } from '../certificates/upload-store.ts';
import type { FleetStore } from '../fleet/fleet-store.ts';
import type { ClientStore } from '../limits/client-store.ts';
import type { QuotaStore } from '../limits/quotas/quota-store.ts';
import type { DatabaseMode } from './core/database-vocabulary.ts';
import type { TransferStore } from './transfer.ts';

/** Secrets shared by all gateways of a database. */
export interface FleetSecrets {
  /**
   * The secret with this name; if there is none yet, what `make` returns is stored, unless another gateway is faster.
   */
  get(name: string, make: () => string): Promise<string>;
}

export interface Database {
  readonly mode: DatabaseMode;
  readonly clients: ClientStore;
  readonly backends: BackendStore;
  readonly audit: AuditStore;
  /** Certificates from authorities. */
  readonly acme: AcmeStore;
  /** Certificates that operators uploaded. */
  readonly uploads: UploadStore;
  readonly circuitOrders: CircuitOrderStore;
  /** Of pools: pushed lists, and the last one of each source. */
  readonly members: MemberStore;
  readonly quotas: QuotaStore;
  readonly fleet: FleetStore;
  readonly secrets: FleetSecrets;
  /** For export and import. */
  readonly transfer: TransferStore;
  /** False from the first failed connection until the database answers again; it is polled all the time. */
  isAvailable(): boolean;
  /** Subscribes to changes. The returned function ends the subscription. */
  onAvailability(listener: (isAvailable: boolean) => void): () => void;
  /**
   * Subscribes to changes of clients, including those made by other gateways: called with the key, or with null if any
   * may have changed. Our own are included: applying a client again must do no harm. A change is delivered again if the
   * listener rejects. The returned function ends the subscription. Silent for the embedded database.
   */
  onClientsChanged(listener: (key: string | null) => unknown): () => void;
  /** The same for stored backends, without saying which: all of them are read again. */
  onBackendsChanged(listener: () => unknown): () => void;
  /** The same for certificates from authorities and uploaded ones, and for the challenges that are to be answered. */
  onCertificatesChanged(listener: () => unknown): () => void;
  /** The same for gateways that joined, left, or have another configuration or version. */
  onGatewaysChanged(listener: () => unknown): () => void;
  /** The same for operators' orders for circuits. */
  onCircuitsChanged(listener: () => unknown): () => void;
  /** The same for pushed lists of members. */
  onMembersChanged(listener: () => unknown): () => void;
  /** Finishes running work, at most 2 s. The store rejects afterwards. */
  close(): Promise<void>;
}

/**
 * The port to the storage of the operators' changes of backends: added ones, and overrides of the file's. drizzle/
 * implements it; the control thread uses it. A change is stored first and applied afterwards.
 */

/** The API's override of one backend; null keeps the file's value, or the default. */
export interface BackendValues {
  /** Never null for an added backend. */
  readonly pool: string | null;
  /** 1..1000. */
  readonly weight: number | null;
  readonly enabled: boolean | null;
  readonly draining: boolean | null;
  readonly backup: boolean | null;
  /** Concurrent requests, all threads, 1 or more. */
  readonly maxInFlight: number | null;
}

export interface StoredBackend extends BackendValues {
  /** Unique, also among the file's unless it overrides one of them. */
  readonly id: string;
  /** Of an added backend, canonical; null: overrides the file's backend with this id. */
  readonly url: string | null;
  /** Incremented with every change, from 1; the ETag is derived from it. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewBackend = Pick<StoredBackend, 'id' | 'url' | keyof BackendValues>;

export type BackendChange = Partial<BackendValues>;

/** Every method rejects with GW_DATABASE_UNAVAILABLE when the database is away. */
export interface BackendStore {
  /** By id, in byte order. */
  all(): Promise<readonly StoredBackend[]>;
  get(id: string): Promise<StoredBackend | undefined>;
  /** Rejects with GW_BACKEND_EXISTS if the id is taken. */
  create(backend: NewBackend): Promise<StoredBackend>;
  /**
   * Undefined if there is no such backend. With `ifVersion`, rejects with GW_PRECONDITION_FAILED if the stored version
   * is another one; nothing is changed then.
   */
  update(id: string, change: BackendChange, ifVersion?: number): Promise<StoredBackend | undefined>;
  /** False if there was no such backend. `ifVersion` as in update. */
  remove(id: string, ifVersion?: number): Promise<boolean>;
}

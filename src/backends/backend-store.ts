/**
 * The port to the storage of what operators changed about backends: those they added, and what lies over the file's.
 * drizzle/ implements it; the control thread uses it. A change is stored first and put in force afterwards.
 */

/** What the API says of one backend; a null leaves what the file says, or the default. */
export interface BackendValues {
  /** Of an added backend never null. */
  readonly pool: string | null;
  /** 1..1000. */
  readonly weight: number | null;
  readonly enabled: boolean | null;
  readonly draining: boolean | null;
  readonly backup: boolean | null;
  /** Requests at a time, all threads, 1 or more. */
  readonly maxInFlight: number | null;
}

export interface StoredBackend extends BackendValues {
  /** Unique, also among the file's unless it lies over one of them. */
  readonly id: string;
  /** Of an added backend, canonical; null: lies over the file's backend with this id. */
  readonly url: string | null;
  /** Counts up with every change, from 1; the ETag is made of it. */
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
  /** Rejects with GW_BACKEND_EXISTS when the id is taken. */
  create(backend: NewBackend): Promise<StoredBackend>;
  /**
   * Undefined when there is no such backend. With `ifVersion`, rejects with GW_PRECONDITION_FAILED when the stored
   * version is another one; nothing is changed then.
   */
  update(id: string, change: BackendChange, ifVersion?: number): Promise<StoredBackend | undefined>;
  /** False when there was no such backend. `ifVersion` as in update. */
  remove(id: string, ifVersion?: number): Promise<boolean>;
}

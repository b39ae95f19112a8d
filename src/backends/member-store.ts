/** The port to the storage of members: lists that were pushed, and the last list that a source gave of each pool. */

/** JSON, as it was stored: perhaps by another version. */
export type StoredMembers = readonly unknown[];

/** The list of a pool, as last pushed to any gateway. */
export interface PushedList {
  readonly pool: string;
  /** Null: it was removed. */
  readonly members: StoredMembers | null;
  /** From the push until it expires, by the clock of the database; null: it does not. */
  readonly ttlSeconds: number | null;
  /** Since the push. */
  readonly ageSeconds: number;
  /** Higher than that of every list before; the ETag is derived from it. */
  readonly version: number;
}

export interface CachedList {
  readonly pool: string;
  readonly members: StoredMembers;
}

/** Every method rejects with GW_DATABASE_UNAVAILABLE when the database is away. */
export interface MemberStore {
  pushed(): Promise<readonly PushedList[]>;
  /**
   * @param members null: removes the list.
   * @param ifVersion rejects with GW_PRECONDITION_FAILED if the stored version is another one; 0: if there is one.
   */
  push(pool: string, members: StoredMembers | null, ttlSeconds: number | null, ifVersion?: number): Promise<PushedList>;
  cached(): Promise<readonly CachedList[]>;
  cache(list: CachedList): Promise<void>;
}

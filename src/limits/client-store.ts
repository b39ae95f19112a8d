/**
 * The port to the clients' storage. drizzle/ implements it, for PostgreSQL and for the embedded database; the control
 * thread uses it. A change is stored first and applied afterwards.
 */
import type { LimitAlgorithm } from './core/limits-vocabulary.ts';
import type { ClientKind } from '../identity/core/identity-vocabulary.ts';

/** A client as stored. */
export interface StoredClient {
  /**
   * Identifies the client in the API and keys its bucket: the IP or CIDR in canonical form, or the client id. Unique.
   */
  readonly key: string;
  readonly kind: ClientKind;
  readonly name: string | null;
  /** `token-bucket`: `capacity` tokens, refilled at `ratePerSecond`; `sliding-window`: `capacity` requests in any window. */
  readonly algorithm: LimitAlgorithm;
  readonly capacity: number;
  /** Of a sliding window: its average, capacity / windowSeconds. */
  readonly ratePerSecond: number;
  /** Length of the sliding window; null: a token bucket. */
  readonly windowSeconds: number | null;
  /** False: stored, but its settings and its API key do not apply. */
  readonly enabled: boolean;
  /** SHA-256 of the API key, hex; null: none. */
  readonly apiKeyHash: string | null;
  /** Requests in a calendar day, on all routes together; null: none of its own. So is that of a month. */
  readonly quotaDay: number | null;
  readonly quotaMonth: number | null;
  /** Incremented with every change; the ETag is derived from it. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewClient = Pick<
  StoredClient,
  'key' | 'kind' | 'name' | 'algorithm' | 'capacity' | 'ratePerSecond' | 'windowSeconds' | 'enabled' | 'apiKeyHash'
> &
  Partial<Pick<StoredClient, 'quotaDay' | 'quotaMonth'>>;

export type ClientChange = Partial<
  Pick<
    StoredClient,
    | 'name'
    | 'algorithm'
    | 'capacity'
    | 'ratePerSecond'
    | 'windowSeconds'
    | 'enabled'
    | 'apiKeyHash'
    | 'quotaDay'
    | 'quotaMonth'
  >
>;

export interface ClientFilter {
  readonly kind?: StoredClient['kind'];
  readonly enabled?: boolean;
  /** Part of the key or name, case-insensitive. */
  readonly search?: string;
  /** 1..1000. */
  readonly limit: number;
  readonly offset: number;
}

/** How much of a bucket was used when it was saved. */
export interface BucketLevel {
  readonly key: string;
  /** Tokens in the bucket at `savedAt`, 0..capacity, fractions included. */
  readonly tokens: number;
  readonly savedAt: Date;
}

/** Every method rejects with GW_DATABASE_UNAVAILABLE when the database is away. */
export interface ClientStore {
  /** Rejects with GW_CLIENT_EXISTS when the key is taken. */
  create(client: NewClient): Promise<StoredClient>;
  get(key: string): Promise<StoredClient | undefined>;
  list(filter: ClientFilter): Promise<{ items: readonly StoredClient[]; total: number }>;
  /** All of them, in pages, for the start. */
  all(): AsyncIterable<readonly StoredClient[]>;
  /**
   * Undefined if there is no such client. With `ifVersion`, rejects with GW_PRECONDITION_FAILED if the stored version
   * is another one; nothing is changed then.
   */
  update(key: string, change: ClientChange, ifVersion?: number): Promise<StoredClient | undefined>;
  /** False if there was no such client. `ifVersion` as in update. */
  remove(key: string, ifVersion?: number): Promise<boolean>;
  saveLevels(levels: readonly BucketLevel[]): Promise<void>;
  loadLevels(): AsyncIterable<readonly BucketLevel[]>;
  /**
   * Removes levels, of any gateway, that are out of date: the bucket has been full for an hour or longer, which leaves
   * room for clock differences between gateways. Resolves to their number.
   */
  pruneLevels(now: Date): Promise<number>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
}

/** Applies stored clients on every traffic thread. Resolves when all have acknowledged. */
export interface ClientRegistry {
  put(client: StoredClient): Promise<void>;
  remove(client: StoredClient): Promise<void>;
  /** Tokens left now, 0..capacity; null if the client's settings do not apply. */
  level(key: string): number | null;
}

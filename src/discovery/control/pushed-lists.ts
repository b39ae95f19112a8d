/** Lists of members that were pushed to this gateway or another one: as stored, with the time at which they expire. */
import type { Logger } from 'pino';
import type { MemberStore, PushedList, StoredMembers } from '../../backends/member-store.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { GatewayError } from '../../errors.ts';
import type { AcceptedVersions } from '../../net/entity-tag.ts';

export interface PushedListsPorts {
  readonly store: MemberStore;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly log: Pick<Logger, 'error'>;
}

export interface KnownList {
  /** Empty if the list was removed, or never pushed. */
  readonly members: StoredMembers;
  readonly version: number;
  /** Monotonic; null: never. */
  readonly expiresAtMs: number | null;
}

const NONE: KnownList = { members: [], version: 0, expiresAtMs: null };

export class PushedLists {
  readonly #ports: PushedListsPorts;
  readonly #queue = new KeyedQueue();
  readonly #listeners = new Map<string, () => void>();
  /** By pool; null: not read yet. */
  #known: ReadonlyMap<string, KnownList> | null = null;

  constructor(ports: PushedListsPorts) {
    this.#ports = ports;
  }

  /** Undefined: the database has not been read yet. */
  get(pool: string): KnownList | undefined {
    return this.#known === null ? undefined : (this.#known.get(pool) ?? NONE);
  }

  /** Calls `listener` when the list of a pool has changed. One listener for each pool; the returned function ends it. */
  follow(pool: string, listener: () => void): () => void {
    this.#listeners.set(pool, listener);
    return () => {
      if (this.#listeners.get(pool) === listener) this.#listeners.delete(pool);
    };
  }

  /** Reads what is stored: at start, when another gateway pushed, when the database is back. Rejects if it is away. */
  refresh(): Promise<void> {
    return this.#queue.run('lists', async () => {
      const lists = await this.#ports.store.pushed();
      const before = this.#known;
      this.#known = new Map(lists.map((list) => [list.pool, before?.get(list.pool) ?? NONE]));
      for (const list of lists) this.#know(list);
      for (const [pool, listener] of this.#listeners) {
        if (before === null || before.get(pool)?.version !== this.#known.get(pool)?.version) listener();
      }
    });
  }

  /** {@link refresh}, but a failure is left to the next occasion, and logged if it is not an outage. */
  async tryRefresh(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      const isAway = error instanceof GatewayError && error.code === 'GW_DATABASE_UNAVAILABLE';
      if (!isAway) this.#ports.log.error({ err: error }, 'pushed members cannot be read');
    }
  }

  /** @param members null: removes the list. */
  push(
    pool: string,
    members: StoredMembers | null,
    ttlSeconds: number | null,
    versions: AcceptedVersions,
  ): Promise<void> {
    return this.#queue.run('lists', async () => {
      const { store } = this.#ports;
      const stored = (await store.pushed()).find((list) => list.pool === pool)?.version ?? 0;
      if (versions !== undefined && !versions.includes(stored)) throw new GatewayError('GW_PRECONDITION_FAILED');
      const list = await store.push(pool, members, ttlSeconds, versions === undefined ? undefined : stored);
      this.#known ??= new Map();
      this.#know(list);
      this.#listeners.get(pool)?.();
    });
  }

  #know({ pool, members, ttlSeconds, ageSeconds, version }: PushedList): void {
    // Read again, the rest of its time is the same, but for the way here.
    if (this.#known!.get(pool)?.version === version) return;
    const expiresAtMs = ttlSeconds === null ? null : this.#ports.nowMs() + (ttlSeconds - ageSeconds) * 1000;
    this.#known = new Map([...this.#known!, [pool, { members: members ?? [], version, expiresAtMs }]]);
  }
}

/** The storage of members of pools on drizzle. */
import type { CachedList, MemberStore, PushedList, StoredMembers } from '../../src/backends/member-store.ts';
import { GatewayError } from '../../src/errors.ts';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { and, asc, eq } from '../orm.ts';
import type { Tables } from '../table-definitions.ts';

export class MemberRepository implements MemberStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  readonly #pushed: Tables['pushedMembers'];
  readonly #cached: Tables['cachedMembers'];

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#dialect = dialect;
    this.#pushed = dialect.tables.pushedMembers;
    this.#cached = dialect.tables.cachedMembers;
  }

  async pushed(): Promise<readonly PushedList[]> {
    return this.#link.run((db) => db.select(this.#shown()).from(this.#pushed).orderBy(asc(this.#pushed.pool)));
  }

  async push(
    pool: string,
    members: StoredMembers | null,
    ttlSeconds: number | null,
    ifVersion?: number,
  ): Promise<PushedList> {
    const { now, nextVersion } = this.#dialect;
    const change = { members, ttlSeconds, pushedAt: now, version: nextVersion };
    const key = this.#pushed.pool;
    const [row] = await this.#link.run((db) => {
      if (ifVersion !== undefined && ifVersion > 0) {
        const isVersion = and(eq(key, pool), eq(this.#pushed.version, ifVersion));
        return db.update(this.#pushed).set(change).where(isVersion).returning(this.#shown());
      }
      const inserted = db.insert(this.#pushed).values({ pool, ...change });
      const stored =
        ifVersion === 0 ? inserted.onConflictDoNothing() : inserted.onConflictDoUpdate({ target: key, set: change });
      return stored.returning(this.#shown());
    });
    if (row === undefined) throw new GatewayError('GW_PRECONDITION_FAILED');
    return row;
  }

  async cached(): Promise<readonly CachedList[]> {
    const { pool, members } = this.#cached;
    return this.#link.run((db) => db.select({ pool, members }).from(this.#cached).orderBy(asc(pool)));
  }

  async cache({ pool, members }: CachedList): Promise<void> {
    const change = { members, listedAt: this.#dialect.now };
    await this.#link.run((db) =>
      db
        .insert(this.#cached)
        .values({ pool, ...change })
        .onConflictDoUpdate({ target: this.#cached.pool, set: change }),
    );
  }

  #shown() {
    const { pool, members, ttlSeconds, pushedAt, version } = this.#pushed;
    return { pool, members, ttlSeconds, ageSeconds: this.#dialect.secondsSince(pushedAt), version };
  }
}

/** The storage of gateways' beats and leases on drizzle. All times are the database's. */
import type { Beat, SeenBeat } from '../../src/fleet/core/membership.ts';
import type { FleetStore } from '../../src/fleet/fleet-store.ts';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { and, asc, eq, lt, or } from '../orm.ts';
import type { Tables } from '../table-definitions.ts';

export class FleetRepository implements FleetStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  readonly #gateways: Tables['gateways'];
  readonly #leases: Tables['leases'];

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#dialect = dialect;
    this.#gateways = dialect.tables.gateways;
    this.#leases = dialect.tables.leases;
  }

  async beat({ id, uptimeSeconds, ...said }: Beat): Promise<void> {
    const { now, fromNow } = this.#dialect;
    const row = { id, ...said, startedAt: fromNow(-uptimeSeconds), joinedAt: now, seenAt: now };
    const change = { ...said, seenAt: now };
    await this.#link.run((db) =>
      db.insert(this.#gateways).values(row).onConflictDoUpdate({ target: this.#gateways.id, set: change }),
    );
  }

  async leave(id: string): Promise<void> {
    await this.#link.run((db) => db.delete(this.#gateways).where(eq(this.#gateways.id, id)));
  }

  async list(): Promise<readonly SeenBeat[]> {
    const { id, name, version, configDigest, adminUrl, figures, startedAt, joinedAt, seenAt } = this.#gateways;
    const { secondsSince } = this.#dialect;
    const said = { id, name, version, configDigest, adminUrl, figures };
    const ages = { uptimeSeconds: secondsSince(startedAt), joined: secondsSince(joinedAt), seen: secondsSince(seenAt) };
    const rows = await this.#link.run((db) =>
      db
        .select({ ...said, ...ages })
        .from(this.#gateways)
        .orderBy(asc(name), asc(id)),
    );
    return rows.map(({ joined, seen, ...rest }) => ({ ...rest, joinedMsAgo: joined * 1000, seenMsAgo: seen * 1000 }));
  }

  async prune(seconds: number): Promise<number> {
    const { id, seenAt } = this.#gateways;
    const isOld = lt(seenAt, this.#dialect.fromNow(-seconds));
    return (await this.#link.run((db) => db.delete(this.#gateways).where(isOld).returning({ id }))).length;
  }

  async claim(lease: string, owner: string, seconds: number): Promise<boolean> {
    const { name, owner: current, until } = this.#leases;
    const change = { owner, until: this.#dialect.fromNow(seconds) };
    const isFree = or(eq(current, owner), lt(until, this.#dialect.now));
    const rows = await this.#link.run((db) =>
      db
        .insert(this.#leases)
        .values({ name: lease, ...change })
        .onConflictDoUpdate({ target: name, set: change, ...(isFree === undefined ? {} : { setWhere: isFree }) })
        .returning({ name }),
    );
    return rows.length > 0;
  }

  async release(lease: string, owner: string): Promise<void> {
    const { name, owner: current } = this.#leases;
    await this.#link.run((db) => db.delete(this.#leases).where(and(eq(name, lease), eq(current, owner))));
  }
}

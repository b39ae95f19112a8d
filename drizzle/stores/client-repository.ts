/** The clients' storage on drizzle. */
import { GatewayError } from '../../src/errors.ts';
import type {
  BucketLevel,
  ClientChange,
  ClientFilter,
  ClientStore,
  NewClient,
  StoredClient,
} from '../../src/limits/client-store.ts';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { and, asc, count, eq, gt, or, sql } from '../orm.ts';
import type { Tables } from '../table-definitions.ts';

/** Rows per page of `all` and `loadLevels`, and per statement of `saveLevels`. */
const PAGE = 1000;
/** Maximum clock difference between gateways. */
const PRUNE_MARGIN_SECONDS = 3600;

export class ClientRepository implements ClientStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  readonly #clients: Tables['clients'];
  readonly #levels: Tables['bucketLevels'];
  readonly #gateway: string;

  /** @param gateway whose levels are saved and loaded. */
  constructor(link: DatabaseLink, dialect: Dialect, gateway: string) {
    this.#link = link;
    this.#dialect = dialect;
    this.#clients = dialect.tables.clients;
    this.#levels = dialect.tables.bucketLevels;
    this.#gateway = gateway;
  }

  async create(client: NewClient): Promise<StoredClient> {
    const [row] = await this.#link.run((db) =>
      db
        .insert(this.#clients)
        .values({ ...client, version: this.#dialect.nextVersion })
        .returning(),
    );
    return row!;
  }

  async get(key: string): Promise<StoredClient | undefined> {
    const [row] = await this.#link.run((db) => db.select().from(this.#clients).where(eq(this.#clients.key, key)));
    return row;
  }

  async list(filter: ClientFilter): Promise<{ items: readonly StoredClient[]; total: number }> {
    const matches = and(
      filter.kind === undefined ? undefined : eq(this.#clients.kind, filter.kind),
      filter.enabled === undefined ? undefined : eq(this.#clients.enabled, filter.enabled),
      filter.search === undefined ? undefined : this.#contains(filter.search),
    );
    const [items, [all]] = await this.#link.run((db) =>
      Promise.all([
        db
          .select()
          .from(this.#clients)
          .where(matches)
          .orderBy(asc(this.#clients.key))
          .limit(filter.limit)
          .offset(filter.offset),
        db.select({ total: count() }).from(this.#clients).where(matches),
      ]),
    );
    return { items, total: all!.total };
  }

  all(): AsyncIterable<readonly StoredClient[]> {
    return pages((after) =>
      this.#link.run((db) =>
        db.select().from(this.#clients).where(gt(this.#clients.key, after)).orderBy(asc(this.#clients.key)).limit(PAGE),
      ),
    );
  }

  async update(key: string, change: ClientChange, ifVersion?: number): Promise<StoredClient | undefined> {
    const values = { ...change, version: this.#dialect.nextVersion, updatedAt: this.#dialect.now };
    const [row] = await this.#link.run((db) =>
      db.update(this.#clients).set(values).where(this.#isVersion(key, ifVersion)).returning(),
    );
    if (row === undefined && ifVersion !== undefined) await this.#refuseIfThere(key);
    return row;
  }

  async remove(key: string, ifVersion?: number): Promise<boolean> {
    const rows = await this.#link.run((db) =>
      db.delete(this.#clients).where(this.#isVersion(key, ifVersion)).returning({ key: this.#clients.key }),
    );
    if (rows.length === 0 && ifVersion !== undefined) await this.#refuseIfThere(key);
    return rows.length > 0;
  }

  async saveLevels(levels: readonly BucketLevel[]): Promise<void> {
    // The same key twice in one statement is an error; the last one counts.
    const rows = [...new Map(levels.map((level) => [level.key, level])).values()].filter((level) =>
      Number.isFinite(level.tokens),
    );
    for (let at = 0; at < rows.length; at += PAGE) {
      const statement = this.#dialect.saveLevels(this.#gateway, rows.slice(at, at + PAGE));
      await this.#link.run((db) => db.execute(statement));
    }
  }

  async *loadLevels(): AsyncIterable<readonly BucketLevel[]> {
    // Those without a name were saved before gateways had one.
    for (const gateway of new Set(['', this.#gateway])) yield* this.#levelsOf(gateway);
  }

  async pruneLevels(now: Date): Promise<number> {
    const statement = this.#dialect.pruneLevels(now, PRUNE_MARGIN_SECONDS);
    return (await this.#link.run((db) => db.execute(statement))).length;
  }

  #levelsOf(gateway: string): AsyncIterable<readonly BucketLevel[]> {
    const { key, tokens, savedAt } = this.#levels;
    return pages((after) =>
      this.#link.run((db) =>
        db
          .select({ key, tokens, savedAt })
          .from(this.#levels)
          .where(and(eq(this.#levels.gateway, gateway), gt(key, after)))
          .orderBy(asc(key))
          .limit(PAGE),
      ),
    );
  }

  async ping(): Promise<void> {
    await this.#link.run((db) => db.execute(sql`select 1`));
  }

  async #refuseIfThere(key: string): Promise<void> {
    if ((await this.get(key)) !== undefined) throw new GatewayError('GW_PRECONDITION_FAILED');
  }

  #isVersion(key: string, version: number | undefined) {
    return and(eq(this.#clients.key, key), version === undefined ? undefined : eq(this.#clients.version, version));
  }

  #contains(text: string) {
    const { key, name } = this.#clients;
    return or(this.#dialect.contains(key, text), this.#dialect.contains(name, text));
  }
}

async function* pages<Row extends { readonly key: string }>(
  read: (after: string) => Promise<readonly Row[]>,
): AsyncIterable<readonly Row[]> {
  let after = '';
  for (;;) {
    const page = await read(after);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.key;
  }
}

/** The clients' storage on drizzle. */
import { GatewayError } from '../src/errors.ts';
import type {
  BucketLevel,
  ClientChange,
  ClientFilter,
  ClientStore,
  NewClient,
  StoredClient,
} from '../src/state/client-store.ts';
import type { DatabaseLink } from './database-link.ts';
import { and, asc, count, eq, gt, ilike, or, sql } from './orm.ts';
import { bucketLevels, clients } from './schema.ts';

/** Rows per page of `all` and `loadLevels`, and per statement of `saveLevels`. */
const PAGE = 1000;

export class ClientRepository implements ClientStore {
  readonly #link: DatabaseLink;

  constructor(link: DatabaseLink) {
    this.#link = link;
  }

  async create(client: NewClient): Promise<StoredClient> {
    const [row] = await this.#link.run((db) => db.insert(clients).values(client).returning());
    return row!;
  }

  async get(key: string): Promise<StoredClient | undefined> {
    const [row] = await this.#link.run((db) => db.select().from(clients).where(eq(clients.key, key)));
    return row;
  }

  async list(filter: ClientFilter): Promise<{ items: readonly StoredClient[]; total: number }> {
    const matches = and(
      filter.kind === undefined ? undefined : eq(clients.kind, filter.kind),
      filter.enabled === undefined ? undefined : eq(clients.enabled, filter.enabled),
      filter.search === undefined ? undefined : contains(filter.search),
    );
    const [items, [all]] = await this.#link.run((db) =>
      Promise.all([
        db.select().from(clients).where(matches).orderBy(asc(clients.key)).limit(filter.limit).offset(filter.offset),
        db.select({ total: count() }).from(clients).where(matches),
      ]),
    );
    return { items, total: all!.total };
  }

  all(): AsyncIterable<readonly StoredClient[]> {
    return pages((after) =>
      this.#link.run((db) =>
        db.select().from(clients).where(gt(clients.key, after)).orderBy(asc(clients.key)).limit(PAGE),
      ),
    );
  }

  async update(key: string, change: ClientChange, ifVersion?: number): Promise<StoredClient | undefined> {
    const values = { ...change, version: sql`${clients.version} + 1`, updatedAt: sql`now()` };
    const [row] = await this.#link.run((db) =>
      db.update(clients).set(values).where(isVersion(key, ifVersion)).returning(),
    );
    if (row === undefined && ifVersion !== undefined) await this.#refuseIfThere(key);
    return row;
  }

  async remove(key: string, ifVersion?: number): Promise<boolean> {
    const rows = await this.#link.run((db) =>
      db.delete(clients).where(isVersion(key, ifVersion)).returning({ key: clients.key }),
    );
    if (rows.length === 0 && ifVersion !== undefined) await this.#refuseIfThere(key);
    return rows.length > 0;
  }

  async saveLevels(levels: readonly BucketLevel[]): Promise<void> {
    // Twice the same key in one statement is an error; the last one counts.
    const rows = [...new Map(levels.map((level) => [level.key, level])).values()].filter((level) =>
      Number.isFinite(level.tokens),
    );
    for (let at = 0; at < rows.length; at += PAGE) await this.#saveBatch(rows.slice(at, at + PAGE));
  }

  /**
   * One parameter, however many rows. Joined to the clients, and these locked, because a level whose client is gone
   * would break the foreign key and with it the whole batch; in the keys' order, so that two gateways that save at
   * once wait for each other instead of dead-locking.
   */
  async #saveBatch(levels: readonly BucketLevel[]): Promise<void> {
    const json = JSON.stringify(levels.map(({ key, tokens, savedAt }) => ({ key, tokens, saved_at: savedAt })));
    await this.#link.run((db) =>
      db.execute(sql`
        insert into ${bucketLevels} ("key", "tokens", "saved_at")
        select "level"."key", "level"."tokens", "level"."saved_at"
        from json_to_recordset(${json}::text::json) as "level"("key" text, "tokens" float8, "saved_at" timestamptz)
        join ${clients} as "client" on "client"."key" = "level"."key"
        order by "client"."key"
        for key share of "client"
        on conflict ("key") do update set "tokens" = excluded."tokens", "saved_at" = excluded."saved_at"`),
    );
  }

  loadLevels(): AsyncIterable<readonly BucketLevel[]> {
    return pages((after) =>
      this.#link.run((db) =>
        db.select().from(bucketLevels).where(gt(bucketLevels.key, after)).orderBy(asc(bucketLevels.key)).limit(PAGE),
      ),
    );
  }

  async ping(): Promise<void> {
    await this.#link.run((db) => db.execute(sql`select 1`));
  }

  async #refuseIfThere(key: string): Promise<void> {
    if ((await this.get(key)) !== undefined) throw new GatewayError('GW_PRECONDITION_FAILED');
  }
}

function isVersion(key: string, version: number | undefined) {
  return and(eq(clients.key, key), version === undefined ? undefined : eq(clients.version, version));
}

/** The backslash is LIKE's escape unless the statement names another. */
function contains(text: string) {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return or(ilike(clients.key, pattern), ilike(clients.name, pattern));
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

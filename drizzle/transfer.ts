/** Reads and writes whole tables as rows of JSON, one transaction each. */
import type { SQL, SQLChunk } from 'drizzle-orm';
import type { ImportMode, Transferred, TransferRecord, TransferRow, TransferStore } from '../src/state/transfer.ts';
import type { DatabaseLink } from './database-link.ts';
import type { Dialect, Table } from './dialect.ts';
import type { Db } from './engine.ts';
import { getTableColumns, getTableName, sql } from './orm.ts';

/** A database of a million clients is moved in less. */
const DEADLINE_MS = 30 * 60_000;
/** Rows of one statement. */
const PAGE = 1000;

/** Of these a gateway keeps a copy, which it renews when the version is another. */
const VERSIONED = ['client', 'backend'] as const;

type Versioned = (typeof VERSIONED)[number];

export class TransferRepository implements TransferStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  /** In the order in which they stand in a file. */
  readonly #tables: Readonly<Record<Transferred, { readonly table: Table; readonly key: 'key' | 'id' }>>;

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#dialect = dialect;
    const { clients, backends, bucketLevels, auditLog } = dialect.tables;
    this.#tables = {
      client: { table: clients, key: 'key' },
      backend: { table: backends, key: 'id' },
      level: { table: bucketLevels, key: 'key' },
      audit: { table: auditLog, key: 'id' },
    };
  }

  async read(onPage: Parameters<TransferStore['read']>[0]): Promise<void> {
    await this.#transaction('an export', 'snapshot', async (db) => {
      for (const type of Object.keys(this.#tables) as Transferred[]) await this.#readTable(db, type, onPage);
    });
  }

  async write(records: AsyncIterable<TransferRecord>, mode: ImportMode): Promise<void> {
    await this.#transaction('an import', 'write', async (db) => {
      for (const type of VERSIONED) await db.execute(this.#remember(type));
      if (mode === 'replace')
        for (const type of VERSIONED) await db.execute(sql`delete from ${this.#tables[type].table}`);
      for await (const { type, rows } of batches(records)) await db.execute(this.#insert(type, rows));
      for (const type of VERSIONED) {
        await db.execute(this.#raiseVersions(type));
        await db.execute(sql`drop table ${this.#remembered(type)}`);
      }
    });
  }

  #transaction(what: string, kind: 'snapshot' | 'write', work: (db: Db) => Promise<void>): Promise<void> {
    return this.#link.attempt(what, () => this.#link.connection.transaction(kind, work), DEADLINE_MS);
  }

  async #readTable(db: Db, type: Transferred, onPage: Parameters<TransferStore['read']>[0]): Promise<void> {
    const { table, key } = this.#tables[type];
    let after: unknown = type === 'audit' ? 0 : '';
    for (;;) {
      const rows = await this.#dialect.readRows(db, { table, key, after, limit: PAGE });
      if (rows.length > 0) await onPage(rows.map(({ json }) => ({ type, json })));
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.key;
    }
  }

  #remembered(type: Versioned): SQL {
    return sql`${sql.identifier(`${getTableName(this.#tables[type].table)}_before`)}`;
  }

  #remember(type: Versioned): SQL {
    return sql`create temporary table ${this.#remembered(type)} as select * from ${this.#tables[type].table}`;
  }

  /** Above both the version that was there and the one that came, where the rows differ. */
  #raiseVersions(type: Versioned): SQL {
    const { table, key } = this.#tables[type];
    const column = sql.identifier(key);
    const differs = columnsOf(table).map((name) => sql`"was".${name} is distinct from "now".${name}`);
    const higher = sql`case when "was"."version" > "now"."version" then "was"."version" else "now"."version" end`;
    return sql`update ${table} as "now" set "version" = ${higher} + 1 from ${this.#remembered(type)} as "was"
      where "was".${column} = "now".${column} and (${sql.join(differs, sql` or `)})`;
  }

  #insert(type: Transferred, given: readonly TransferRow[]): SQL {
    const { table, key } = this.#tables[type];
    const rows = this.#dialect.rows(table, given);
    if (type === 'audit') return newEntries(table, rows);
    const columns = columnsOf(table);
    const changes = columns.map((column) => sql`${column} = excluded.${column}`);
    // Of two levels, the later one counts.
    const unless = type === 'level' ? sql`where excluded."saved_at" > ${table}."saved_at"` : sql``;
    // Without a condition, SQLite reads "on conflict" as the start of a join's.
    return sql`insert into ${table} (${list(columns)}) select ${list(columns)} from ${rows} as "new" where true
      on conflict (${sql.identifier(key)}) do update set ${list(changes)} ${unless}`;
  }
}

/** Under new ids: the old ones may be taken. An entry that is there already does not come twice. */
function newEntries(table: Table, rows: SQL): SQL {
  const columns = list(columnsOf(table).filter(({ value }) => value !== 'id'));
  return sql`insert into ${table} (${columns}) select ${columns} from ${rows} as "new"
    where not exists (select 1 from ${table} as "old" where "old"."at" = "new"."at"
      and "old"."request_id" = "new"."request_id" and "old"."action" = "new"."action")
    order by "id"`;
}

function columnsOf(table: Table) {
  return Object.values(getTableColumns(table)).map(({ name }) => sql.identifier(name));
}

function list(parts: readonly SQLChunk[]): SQL {
  return sql.join([...parts], sql`, `);
}

async function* batches(
  records: AsyncIterable<TransferRecord>,
): AsyncIterable<{ readonly type: Transferred; readonly rows: readonly TransferRow[] }> {
  let type: Transferred = 'client';
  let rows: TransferRow[] = [];
  for await (const record of records) {
    if (rows.length === PAGE || (record.type !== type && rows.length > 0)) {
      yield { type, rows };
      rows = [];
    }
    type = record.type;
    rows.push(record.row);
  }
  if (rows.length > 0) yield { type, rows };
}

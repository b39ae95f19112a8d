/** Reads and writes whole tables as JSON, made and taken apart by PostgreSQL, one transaction each. */
import type { SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { ImportMode, Transferred, TransferRecord, TransferRow, TransferStore } from '../src/state/transfer.ts';
import type { Db } from './connection.ts';
import type { DatabaseLink } from './database-link.ts';
import { getTableColumns, getTableName, sql } from './orm.ts';
import { auditLog, backends, bucketLevels, clients } from './schema.ts';

/** A database of a million clients is moved in less. */
const DEADLINE_MS = 30 * 60_000;
/** Rows of one statement. */
const PAGE = 1000;

type Transaction = Parameters<Parameters<Db['transaction']>[0]>[0];

/** The tables, with the key of their pages; in the order in which they stand in a file. */
const TABLES = {
  client: { table: clients, key: 'key', first: '' },
  backend: { table: backends, key: 'id', first: '' },
  level: { table: bucketLevels, key: 'key', first: '' },
  audit: { table: auditLog, key: 'id', first: 0 },
} as const satisfies Record<Transferred, { table: PgTable; key: string; first: string | number }>;

/** Of these a gateway keeps a copy, which it renews when the version is another. */
const VERSIONED = ['client', 'backend'] as const;

export class TransferRepository implements TransferStore {
  readonly #link: DatabaseLink;

  constructor(link: DatabaseLink) {
    this.#link = link;
  }

  async read(onPage: Parameters<TransferStore['read']>[0]): Promise<void> {
    await this.#transaction('an export', { isolationLevel: 'repeatable read', accessMode: 'read only' }, async (tx) => {
      for (const type of Object.keys(TABLES) as Transferred[]) await readTable(tx, type, onPage);
    });
  }

  async write(records: AsyncIterable<TransferRecord>, mode: ImportMode): Promise<void> {
    await this.#transaction('an import', undefined, async (tx) => {
      for (const type of VERSIONED) await tx.execute(rememberTable(type));
      if (mode === 'replace') for (const type of VERSIONED) await tx.execute(sql`delete from ${TABLES[type].table}`);
      for await (const { type, rows } of batches(records)) await tx.execute(INSERTS[type](json(rows)));
      for (const type of VERSIONED) await tx.execute(raiseVersions(type));
    });
  }

  #transaction(
    what: string,
    config: Parameters<Db['transaction']>[1],
    work: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    const attempt = (): Promise<void> =>
      this.#link.connection.db.transaction(async (tx) => {
        await tx.execute(sql`set local statement_timeout = 0`);
        await tx.execute(sql`set local time zone 'UTC'`);
        await work(tx);
      }, config);
    return this.#link.attempt(what, attempt, DEADLINE_MS);
  }
}

async function readTable(
  tx: Transaction,
  type: Transferred,
  onPage: Parameters<TransferStore['read']>[0],
): Promise<void> {
  const { table, key, first } = TABLES[type];
  const column = sql.identifier(key);
  let after: unknown = first;
  for (;;) {
    const rows: readonly { key: unknown; json: string }[] = await tx.execute(
      sql`select ${column} as "key", to_json("row")::text as "json" from ${table} as "row"
          where ${column} > ${after} order by ${column} limit ${PAGE}`,
    );
    if (rows.length > 0) await onPage(rows.map((row) => ({ type, json: row.json })));
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.key;
  }
}

function rememberTable(type: (typeof VERSIONED)[number]): SQL {
  const { table } = TABLES[type];
  return sql`create temporary table ${before(type)} on commit drop as select * from ${table}`;
}

/** Above both the version that was there and the one that came, where the rows differ. */
function raiseVersions(type: (typeof VERSIONED)[number]): SQL {
  const { table, key } = TABLES[type];
  const column = sql.identifier(key);
  return sql`update ${table} as "now" set "version" = greatest("now"."version", "was"."version") + 1
    from ${before(type)} as "was"
    where "was".${column} = "now".${column} and to_jsonb("was") is distinct from to_jsonb("now")`;
}

function before(type: Transferred): SQL {
  return sql`${sql.identifier(`${getTableName(TABLES[type].table)}_before`)}`;
}

/** All columns of the rows, and where a row is there already, put over it. */
function upsert(type: (typeof VERSIONED)[number], rows: SQL): SQL {
  const { table, key } = TABLES[type];
  const columns = Object.values(getTableColumns(table)).map(({ name }) => sql.identifier(name));
  const changes = columns.map((column) => sql`${column} = excluded.${column}`);
  return sql`insert into ${table} (${sql.join(columns, sql`, `)})
    select ${sql.join(columns, sql`, `)} from json_populate_recordset(null::${table}, ${rows})
    on conflict (${sql.identifier(key)}) do update set ${sql.join(changes, sql`, `)}`;
}

const INSERTS: Readonly<Record<Transferred, (rows: SQL) => SQL>> = {
  client: (rows) => upsert('client', rows),
  backend: (rows) => upsert('backend', rows),
  // The later one counts.
  level: (rows) => sql`insert into ${bucketLevels} ("key", "tokens", "saved_at")
    select "key", "tokens", "saved_at" from json_populate_recordset(null::${bucketLevels}, ${rows})
    on conflict ("key") do update set "tokens" = excluded."tokens", "saved_at" = excluded."saved_at"
    where excluded."saved_at" > ${bucketLevels}."saved_at"`,
  // Under new ids: the old ones may be taken. An entry that is there already does not come twice.
  audit: (rows) => {
    const columns = sql.raw('"at","actor","role","address","action","target","status","before","after","request_id"');
    return sql`insert into ${auditLog} (${columns})
      select ${columns} from json_populate_recordset(null::${auditLog}, ${rows}) as "new"
      where not exists (select 1 from ${auditLog} as "old" where "old"."at" = "new"."at"
        and "old"."request_id" = "new"."request_id" and "old"."action" = "new"."action")
      order by "id"`;
  },
};

function json(rows: readonly TransferRow[]): SQL {
  return sql`${JSON.stringify(rows)}::text::json`;
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

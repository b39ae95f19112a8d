/** Reads and writes whole tables as rows of JSON, one transaction each. */
import type { SQL, SQLChunk } from 'drizzle-orm';
import type { ImportMode, Transferred, TransferRecord, TransferRow, TransferStore } from '../src/database/transfer.ts';
import type { DatabaseLink } from './database-link.ts';
import type { Dialect, Table } from './dialect.ts';
import type { Db } from './dialect.ts';
import { getTableColumns, sql } from './orm.ts';

/** A database of a million clients is moved in less. */
const DEADLINE_MS = 30 * 60_000;
/** Before every order. */
const EPOCH = new Date(0);
/** Rows of one statement. */
const PAGE = 1000;

/** Gateways keep a copy of these, which they refresh when the version changes. */
const VERSIONED = ['client', 'backend'] as const;

/** What rows of an older export do not have. */
const LATER: Partial<Record<Transferred, TransferRow>> = {
  client: { quota_day: null, quota_month: null },
  level: { gateway: '' },
  audit: { gateway: null },
};

/** Of two rows, when the one of the file counts. */
const LATEST: Partial<Record<Transferred, (stored: Table) => SQL>> = {
  order: (stored) => sql`excluded."ordered_at" > ${stored}."ordered_at"`,
  level: (stored) => sql`excluded."saved_at" > ${stored}."saved_at"`,
  quota: (stored) =>
    sql`excluded."period" > ${stored}."period"
      or (excluded."period" = ${stored}."period" and excluded."used" > ${stored}."used")`,
};

export class TransferRepository implements TransferStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  /** In the order of the file. */
  readonly #tables: Readonly<Record<Transferred, { readonly table: Table; readonly key: readonly string[] }>>;

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#dialect = dialect;
    const { clients, backends, bucketLevels, auditLog } = dialect.tables;
    const {
      fleetSecrets,
      acmeCertificates,
      acmeAccounts,
      uploadedCertificates,
      pushedMembers,
      quotaUses,
      circuitOrders,
    } = dialect.tables;
    this.#tables = {
      client: { table: clients, key: ['key'] },
      backend: { table: backends, key: ['id'] },
      level: { table: bucketLevels, key: ['gateway', 'key'] },
      audit: { table: auditLog, key: ['id'] },
      secret: { table: fleetSecrets, key: ['name'] },
      certificate: { table: acmeCertificates, key: ['id'] },
      account: { table: acmeAccounts, key: ['id'] },
      upload: { table: uploadedCertificates, key: ['id'] },
      pushed: { table: pushedMembers, key: ['pool'] },
      quota: { table: quotaUses, key: ['id'] },
      order: { table: circuitOrders, key: ['backend'] },
    };
  }

  async read(onPage: Parameters<TransferStore['read']>[0], types?: readonly Transferred[]): Promise<void> {
    await this.#transaction('an export', 'snapshot', async (db) => {
      for (const type of types ?? (Object.keys(this.#tables) as Transferred[])) await this.#readTable(db, type, onPage);
    });
  }

  async write(records: AsyncIterable<TransferRecord>, mode: ImportMode): Promise<void> {
    await this.#transaction('an import', 'write', async (db) => {
      if (mode === 'replace') {
        for (const type of VERSIONED) await db.execute(sql`delete from ${this.#tables[type].table}`);
        // A list that is removed stays as a row, whose version tells the gateways.
        const { pushedMembers, circuitOrders } = this.#dialect.tables;
        await db.update(pushedMembers).set({ members: null, ttlSeconds: null, version: this.#dialect.nextVersion });
        // Without an end, an order closes a circuit. At the epoch: each order of the file is later.
        const closed = { until: null, orderedAt: EPOCH, version: this.#dialect.nextVersion };
        await db.update(circuitOrders).set(closed);
      }
      for await (const { type, rows } of batches(records)) await db.execute(this.#insert(type, rows));
    });
  }

  #transaction(what: string, kind: 'snapshot' | 'write', work: (db: Db) => Promise<void>): Promise<void> {
    return this.#link.attempt(what, () => this.#link.connection.transaction(kind, work), DEADLINE_MS);
  }

  async #readTable(db: Db, type: Transferred, onPage: Parameters<TransferStore['read']>[0]): Promise<void> {
    const { table, key } = this.#tables[type];
    let after: readonly SQLChunk[] = key.map(() => (type === 'audit' ? 0 : ''));
    for (;;) {
      const rows = await this.#dialect.readRows(db, { table, key, after, limit: PAGE });
      if (rows.length > 0) await onPage(rows.map(({ json }) => ({ type, json })));
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.key as readonly SQLChunk[];
    }
  }

  #insert(type: Transferred, given: readonly TransferRow[]): SQL {
    const { table, key } = this.#tables[type];
    const rows = this.#dialect.rows(table, type in LATER ? given.map((each) => ({ ...LATER[type], ...each })) : given);
    if (type === 'audit') return newEntries(table, rows);
    const columns = columnsOf(table);
    // Imported rows are new to every gateway, whatever their version was where they came from.
    const values = columns.map((column) => (column.value === 'version' ? this.#dialect.nextVersion : column));
    const changes = columns.map((column) => sql`${column} = excluded.${column}`);
    const unless = type in LATEST ? sql`where ${LATEST[type]!(table)}` : sql``;
    // Without a condition, SQLite reads "on conflict" as the start of a join's.
    return sql`insert into ${table} (${list(columns)}) select ${list(values)} from ${rows} as "new" where true
      on conflict (${list(key.map((name) => sql.identifier(name)))}) do update set ${list(changes)} ${unless}`;
  }
}

/** Under new ids: the old ones may be taken. An existing entry is not duplicated. */
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

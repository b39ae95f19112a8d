/** SQLite's own SQL. */
import type { Dialect, Table } from '../dialect.ts';
import { getTableColumns, sql } from '../orm.ts';
import { sqliteTables } from './sqlite-tables.ts';
import { toExportedInstant, toStoredInstant } from './stored-instant.ts';

/** A function of ours (sqlite-file.ts): SQLite's LIKE ignores the case of ASCII letters only. */
export function hasPart(text: unknown, part: unknown): number {
  return typeof text === 'string' && text.toLowerCase().includes(String(part)) ? 1 : 0;
}

const { bucketLevels, clients } = sqliteTables;

export const sqliteDialect: Dialect = {
  tables: sqliteTables,
  // Recorded by a trigger (0001_fleet.sql).
  nextVersion: sql`(select "last" + 1 from "versions")`,
  now: sqliteTables.clients.updatedAt.default as Dialect['now'],
  fromNow: (seconds) => sql`(strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', ${`${seconds} seconds`}))`,

  secondsSince: (column) => sql<number>`(unixepoch('now', 'subsec') - unixepoch(${column}, 'subsec'))`,

  contains: (column, part) => sql`has_part(${column}, ${part.toLowerCase()})`,

  saveLevels(gateway, levels) {
    const rows = levels.map(({ key, tokens, savedAt }) => ({ gateway, key, tokens, saved_at: savedAt.toISOString() }));
    return sql`
      insert into ${bucketLevels} ("gateway", "key", "tokens", "saved_at")
      select "level"."gateway", "level"."key", "level"."tokens", "level"."saved_at"
      from ${rowsOf(bucketLevels, rows)} as "level"
      join ${clients} as "client" on "client"."key" = "level"."key"
      where true
      on conflict ("gateway", "key") do update set "tokens" = excluded."tokens", "saved_at" = excluded."saved_at"`;
  },

  pruneLevels: (now, marginSeconds) => sql`
    delete from ${bucketLevels} where exists (
      select 1 from ${clients} as "client" where "client"."key" = ${bucketLevels}."key"
      and unixepoch(${now.toISOString()}, 'subsec') - unixepoch(${bucketLevels}."saved_at", 'subsec')
        > "client"."capacity" / "client"."rate_per_second" + ${marginSeconds}
    ) returning "key"`,

  async readRows(db, { table, key, after, limit }) {
    const columns = sql.join(
      key.map((name) => sql.identifier(name)),
      sql`, `,
    );
    const rows = await db.execute<Record<string, unknown>>(
      sql`select * from ${table} where (${columns}) > (${sql.join([...after], sql`, `)}) order by ${columns} limit ${limit}`,
    );
    const converters = convertersOf(table);
    return rows.map((row) => {
      const given = Object.entries(row).map(([name, value]) => [
        name,
        value === null ? null : converters[name]!.read(value),
      ]);
      return { key: key.map((name) => row[name]), json: JSON.stringify(Object.fromEntries(given)) };
    });
  },

  rows: rowsOf,
};

function rowsOf(table: Table, rows: Parameters<Dialect['rows']>[1]) {
  const converters = Object.entries(convertersOf(table));
  const names = converters.map(([name], at) => sql`${sql.identifier(`column${at + 1}`)} as ${sql.identifier(name)}`);
  const values = rows.map((row) => {
    const cells = converters.map(([name, { write }]) => sql`${row[name] === null ? null : write(row[name])}`);
    return sql`(${sql.join(cells, sql`, `)})`;
  });
  return sql`(select ${sql.join(names, sql`, `)} from (values ${sql.join(values, sql`, `)}))`;
}

/** Converts between a column's stored value and its value in an exported row. */
interface Converter {
  readonly read: (stored: unknown) => unknown;
  readonly write: (given: unknown) => unknown;
}

const SAME: Converter = { read: (stored) => stored, write: (given) => given };

const CONVERTERS: Readonly<Record<string, Converter>> = {
  boolean: { read: (stored) => stored === 1, write: (given) => (given === true ? 1 : 0) },
  json: { read: (stored) => JSON.parse(stored as string), write: (given) => JSON.stringify(given) },
  // The only custom type there is.
  custom: { read: (stored) => toExportedInstant(stored as string), write: (given) => toStoredInstant(given as string) },
};

function convertersOf(table: Table): Readonly<Record<string, Converter>> {
  const columns = Object.values(getTableColumns(table));
  return Object.fromEntries(columns.map(({ name, dataType }) => [name, CONVERTERS[dataType] ?? SAME]));
}

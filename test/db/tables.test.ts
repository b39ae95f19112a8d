/** The migrations of each dialect create the tables that drizzle/table-definitions.ts describes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { openDatabase } from '../../drizzle/open-database.ts';
import { getTableColumns, getTableName } from '../../drizzle/orm.ts';
import { postgresTables } from '../../drizzle/postgres/postgres-tables.ts';
import { sqliteTables } from '../../drizzle/sqlite/sqlite-tables.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer } from '../support/postgres-server.ts';
import { temporaryFolder } from '../support/sluice-process.ts';
import postgres from 'postgres';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly hasDefault: boolean;
}

const byName = (one: Column, other: Column): number => (one.name < other.name ? -1 : 1);

function described(table: (typeof sqliteTables)[keyof typeof sqliteTables]): Column[] {
  return Object.values(getTableColumns(table))
    .map((column) => ({
      name: column.name,
      type: column
        .getSQLType()
        .toLowerCase()
        .replace(/ collate.*/, ''),
      isRequired: column.notNull,
      hasDefault: column.default !== undefined,
    }))
    .toSorted(byName);
}

describe('the migrations make the tables as they are described', () => {
  it('in SQLite', async (t) => {
    const dataDir = temporaryFolder(t);
    await (await openDatabase(databaseSettings({ dataDir }), { log: keptLog() })).close();
    const file = new DatabaseSync(join(dataDir, 'sluice.db'));
    for (const table of Object.values(sqliteTables)) {
      const rows = file.prepare('select * from pragma_table_info(?)').all(getTableName(table));
      const made = rows.map(({ name, type, notnull, dflt_value: given }) => ({
        name: String(name),
        type: String(type).toLowerCase(),
        isRequired: notnull === 1,
        hasDefault: given !== null,
      }));
      assert.deepEqual(made.toSorted(byName), described(table), getTableName(table));
    }
    file.close();
  });

  it('in PostgreSQL', async (t) => {
    const server = await startPostgresServer();
    t.after(() => server.destroy());
    const url = await server.createDatabase();
    await (await openDatabase(databaseSettings({ url }), { log: keptLog() })).close();
    const sql = postgres(url, { max: 1 });
    for (const table of Object.values(postgresTables('public'))) {
      const rows = await sql<{ name: string; type: string; isRequired: boolean; hasDefault: boolean }[]>`
        select column_name as name, data_type as type, is_nullable = 'NO' as "isRequired",
          column_default is not null as "hasDefault"
        from information_schema.columns where table_name = ${getTableName(table)} and table_schema = current_schema()`;
      assert.deepEqual(
        [...rows].map((row) => ({ ...row })).toSorted(byName),
        described(table as never),
        getTableName(table),
      );
    }
    await sql.end();
  });
});

/** The tables in SQLite's dialect. */
import { sql } from '../orm.ts';
import { customType, index, integer, real, sqliteTable, text } from './sqlite-orm.ts';
import { toStoredInstant } from './stored-instant.ts';
import { describeTables, type ColumnKit, type Tables } from '../table-definitions.ts';

/** As {@link toStoredInstant} writes it. */
const NOW = sql`(strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))`;

const columns = {
  table: sqliteTable,
  index,
  // SQLite compares text byte by byte unless a column says otherwise.
  key: text,
  identity: (name: string) => integer(name, { mode: 'number' }).primaryKey({ autoIncrement: true }),
  text,
  integer,
  counter: integer,
  float: real,
  boolean: (name: string) => integer(name, { mode: 'boolean' }),
  instant: customType<{ data: Date; driverData: string }>({
    dataType: () => 'text',
    toDriver: (date) => toStoredInstant(date.toISOString()),
    fromDriver: (stored) => new Date(stored),
  }),
  json: (name: string) => text(name, { mode: 'json' }),
  now: NOW,
};

/** Same names, same rows, same builders: only the types of the two dialects are unrelated. */
export const sqliteTables: Tables = describeTables(columns as unknown as ColumnKit);

/** The tables in PostgreSQL's dialect. */
import { sql } from './orm.ts';
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSchema,
  pgTable,
  text,
  timestamp,
} from './postgres-orm.ts';
import { describeTables, type Tables } from './tables.ts';

export function postgresTables(schema: string): Tables {
  return describeTables(postgresColumns(schema));
}

export function postgresColumns(schema: string) {
  return {
    // Both are one function to a caller; their types differ in the schema's name only.
    table: (schema === 'public' ? pgTable : pgSchema(schema).table) as typeof pgTable,
    index,
    /**
     * Keys are compared byte by byte: the order of pages must not depend on the server's locale, and `key > $1 order
     * by key` should walk the primary key's index.
     */
    key: customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' }),
    identity: (name: string) => bigint(name, { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    text,
    integer,
    counter: (name: string) => bigint(name, { mode: 'number' }),
    float: doublePrecision,
    boolean,
    instant: (name: string) => timestamp(name, { withTimezone: true, mode: 'date' }),
    json: jsonb,
    now: sql`now()`,
  };
}

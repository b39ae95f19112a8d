/** The column kit in PostgreSQL's dialect. */
import { sql } from '../orm.ts';
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  PgSchema,
  pgTable,
  text,
  timestamp,
} from './postgres-orm.ts';

/** @param schema null: the first of the search path. */
export function postgresColumns(schema: string | null) {
  return {
    // Both are one function to a caller; their types differ only in the schema's name. Not pgSchema(), which refuses
    // public.
    table: (schema === null ? pgTable : new PgSchema(schema).table) as typeof pgTable,
    index,
    /**
     * Keys are compared byte by byte: the order of pages must not depend on the server's locale, and `key > $1 order by
     * key` should walk the primary key's index.
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

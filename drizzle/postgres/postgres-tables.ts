/** The tables in PostgreSQL's dialect. */
import { describeTables, type Tables } from '../table-definitions.ts';
import { postgresColumns } from './postgres-columns.ts';

/** @param schema null: the first of the search path. */
export function postgresTables(schema: string | null): Tables {
  return describeTables(postgresColumns(schema));
}

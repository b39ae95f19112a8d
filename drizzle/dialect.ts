/** What the stores need to know about one kind of SQL. Each engine brings its own. */
import type { AnyColumn, SQL, SQLChunk } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { BucketLevel } from '../src/limits/client-store.ts';
import type { TransferRow } from '../src/database/transfer.ts';
import type { Tables } from './table-definitions.ts';

/** What both dialects of drizzle can do. The types are PostgreSQL's, like those of the tables. */
export type Db = Pick<PostgresJsDatabase, 'select' | 'insert' | 'update' | 'delete' | 'execute'>;

export type Table = Tables[keyof Tables];

export interface Dialect {
  readonly tables: Tables;
  /** For a row that is inserted or changed: the database's next version. */
  readonly nextVersion: SQL;
  /** The time of a statement. */
  readonly now: SQL;
  /** The time of a statement, plus this many seconds. */
  fromNow(seconds: number): SQL;
  /** Seconds from the column's time to that of the statement. */
  secondsSince(column: AnyColumn): SQL<number>;
  /** True if the column contains `part`, ignoring case. */
  contains(column: AnyColumn, part: string): SQL;
  /** One statement for all of them, which leaves out levels whose client is gone. No key occurs twice. */
  saveLevels(gateway: string, levels: readonly BucketLevel[]): SQL;
  /** Returns a row for each level it removes: the bucket was full `marginSeconds` before `now`. */
  pruneLevels(now: Date, marginSeconds: number): SQL;
  /** Whole rows, as export writes them, whose `key` is greater than `after`, by `key`. */
  readRows(db: Db, page: RowPage): Promise<readonly { readonly key: readonly unknown[]; readonly json: string }[]>;
  /** Such rows as something to select from, with the columns of the table. */
  rows(table: Table, rows: readonly TransferRow[]): SQL;
}

export interface RowPage {
  readonly table: Table;
  /** Unique together. */
  readonly key: readonly string[];
  readonly after: readonly SQLChunk[];
  readonly limit: number;
}

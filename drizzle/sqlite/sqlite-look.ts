/** A look at the embedded database that changes nothing: what would a start migrate? */
import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { CannotOpenDatabase } from '../cannot-open-database.ts';
import { lockHolder } from './file-lock.ts';
import { explained } from './sqlite-failure.ts';
import { dueMigrations } from './sqlite-migrations.ts';
import { sqlitePath } from './sqlite-paths.ts';

export type SqliteLook =
  /** The first start makes it. */
  | { readonly state: 'missing' }
  /** The process has it. */
  | { readonly state: 'open'; readonly pid: number }
  /** A gateway was killed, or runs in another container: only a start reads what is in the log beside the file. */
  | { readonly state: 'unfinished' }
  /** `due`: names of migrations that a start would apply. */
  | { readonly state: 'closed'; readonly due: readonly string[] };

/** Throws {@link CannotOpenDatabase} where a start would, with the remedy. */
export function lookAtSqlite(dataDir: string): SqliteLook {
  const path = sqlitePath(dataDir);
  if (!existsSync(path)) return { state: 'missing' };
  const pid = lockHolder(path);
  if (pid !== undefined) return { state: 'open', pid };
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) return { state: 'unfinished' };
  const url = pathToFileURL(path);
  // Else even a reader makes files beside it.
  url.search = '?immutable=1';
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(url, { readOnly: true });
    return { state: 'closed', due: dueMigrations(database, path) };
  } catch (error) {
    if (error instanceof CannotOpenDatabase) throw error;
    const reason = explained(error, path) as Error;
    throw new CannotOpenDatabase(`cannot open the database: ${reason.message}`, { cause: error });
  } finally {
    if (database?.isOpen === true) database.close();
  }
}

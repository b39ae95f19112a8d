/**
 * The file of the embedded database, open for this process alone. SQLite locks it with fcntl(2): the system releases
 * the lock with the process, however it ends, and never while it merely hangs.
 *
 * Nothing in this process may open the file besides SQLite: closing any descriptor of it would release the lock.
 */
import { accessSync, chmodSync, constants, closeSync, existsSync, fchmodSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../../src/runtime/make-folder.ts';
import { CannotOpenDatabase, DataFolderLocked } from '../cannot-open-database.ts';
import { lockHolder } from './file-lock.ts';
import { hasPart } from './sqlite-dialect.ts';
import { explained, SQLITE, sqliteCode } from './sqlite-failure.ts';
import { pgliteFolder, sqlitePath } from './sqlite-paths.ts';

/** Time for another process to release the file, ms. This thread waits. */
const BUSY_MS = 1_000;

/** Size to which the write-ahead log is truncated after it was larger, for an import, say. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

export interface SqliteFile {
  readonly path: string;
  readonly database: DatabaseSync;
  /** Throws if the file is no longer where it was: writes to it would be lost. */
  assertExists(): void;
  close(): void;
}

/** Creates folder and file if they are missing. Throws {@link CannotOpenDatabase}, or a subclass, with the remedy. */
export function openSqliteFile(dataDir: string): SqliteFile {
  const path = sqlitePath(dataDir);
  refuseOldDatabase(dataDir, path);
  makeDataFolder(dataDir);
  makeFile(path);
  assertUsable(dataDir, path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    configure(database);
  } catch (error) {
    if (database?.isOpen === true) database.close();
    if (((sqliteCode(error) ?? 0) & 0xff) === SQLITE.BUSY) throw new DataFolderLocked(dataDir, lockHolder(path));
    const reason = explained(error, path);
    throw new CannotOpenDatabase(`cannot open the database: ${(reason as Error).message}`, { cause: error });
  }
  const files = [path, `${path}-wal`].map((name) => ({ name, is: identity(name) }));
  const open = database;
  return {
    path,
    database: open,
    assertExists: () => {
      for (const { name, is } of files) if (identity(name) !== is) throw lost(name);
    },
    close: () => {
      if (open.isOpen) open.close();
    },
  };
}

/** The same without a file: it ends with `close`. */
export function openSqliteMemory(): SqliteFile {
  const database = new DatabaseSync(':memory:');
  defineFunctions(database);
  return {
    path: 'memory',
    database,
    assertExists: () => {},
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function configure(database: DatabaseSync): void {
  // Exclusive before WAL: then the log's index is in memory, and there is no third file.
  database.exec(`
    pragma locking_mode = exclusive;
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma journal_size_limit = ${MAX_LOG_BYTES};
    pragma temp_store = memory;
    begin immediate; commit;`);
  defineFunctions(database);
}

function defineFunctions(database: DatabaseSync): void {
  database.function('has_part', { deterministic: true }, hasPart);
}

function refuseOldDatabase(dataDir: string, path: string): void {
  if (existsSync(path)) return;
  const old = pgliteFolder(dataDir);
  if (existsSync(old)) {
    throw new CannotOpenDatabase(
      `${old} holds the database of an older Sluice, which this one cannot read; with that version, run ` +
        `"sluice db export all.ndjson", move ${old} away, and run "sluice db import all.ndjson" with this one`,
    );
  }
  if (existsSync(`${path}-wal`)) {
    throw new CannotOpenDatabase(
      `${path} is missing, but its log ${path}-wal is there; put the file back, or move the log away to start with an empty database`,
    );
  }
}

function makeDataFolder(dataDir: string): void {
  try {
    makeFolder(dataDir, 0o700);
  } catch (error) {
    throw refused(`the data folder ${dataDir} cannot be made`, error);
  }
}

/** SQLite gives its own files the permissions of this one. */
function makeFile(path: string): void {
  try {
    const { mode } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (mode === undefined) {
      const file = openSync(path, 'wx', 0o600);
      // Restores whatever the umask removed.
      fchmodSync(file, 0o600);
      closeSync(file);
    } else if ((mode & 0o077) !== 0) {
      chmodSync(path, 0o600);
    }
  } catch (error) {
    // Another process was faster: its lock decides. And a file of another user may still be usable.
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || syscall === 'chmod') return;
    throw refused(`the database ${path} cannot be made`, error);
  }
}

function assertUsable(dataDir: string, path: string): void {
  if (statSync(path).isDirectory()) throw new CannotOpenDatabase(`${path} is a folder; move it away`);
  for (const name of [path, dataDir]) {
    try {
      accessSync(name, constants.R_OK | constants.W_OK);
    } catch (error) {
      throw refused(`${name} cannot be read and written`, error);
    }
  }
}

function refused(what: string, error: unknown): CannotOpenDatabase {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new CannotOpenDatabase(`${what}: ${CAUSES[code] ?? message}`, { cause: error });
}

const MAY_WRITE = 'let the user that runs Sluice write there, or choose another folder with database.data_dir';

const CAUSES: Readonly<Record<string, string>> = {
  EACCES: `permission denied; ${MAY_WRITE}`,
  EPERM: `permission denied; ${MAY_WRITE}`,
  EROFS: `the disk is read-only; ${MAY_WRITE}`,
  ENOSPC: 'there is no space left on the disk; free some',
  EDQUOT: 'the quota of the disk is used up; free some space',
  EEXIST: 'it is a file; choose a folder with database.data_dir',
  ENOTDIR: 'a part of its path is a file; choose a folder with database.data_dir',
};

/** Identifies a file even if another one gets its name; undefined: no file. */
function identity(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

function lost(name: string): Error {
  const message = `${name} was deleted or replaced while Sluice ran; put it back, or restart Sluice to use what is there now`;
  return Object.assign(new Error(message), { code: 'DATABASE_FILE_LOST' });
}

/** Brings the tables of an SQLite file up to date, in one transaction, with our own list of applied migrations. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatabaseSync } from 'node:sqlite';
import { listOwnFolder, readOwnFile } from '../../src/distribution/own-files.ts';
import { CannotOpenDatabase } from '../cannot-open-database.ts';
import type { SqliteFile } from './sqlite-file.ts';

const FOLDER = fileURLToPath(new URL('../migrations/sqlite', import.meta.url));

/** Throws {@link CannotOpenDatabase} for a file of a newer Sluice, or of another program. */
export function migrateSqlite({ database, path }: SqliteFile): void {
  const due = dueMigrations(database, path);
  if (due.length > 0) apply(database, due);
}

/** Names of those that a start would apply. Changes nothing. Throws as the start would. */
export function dueMigrations(database: DatabaseSync, path: string): readonly string[] {
  const known = listOwnFolder(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -4))
    .toSorted();
  const applied = appliedIn(database);
  if (applied === undefined && hasTables(database)) {
    throw new CannotOpenDatabase(
      `${path} is the database of another program; choose another folder with database.data_dir, or move the file away`,
    );
  }
  const unknown = [...(applied ?? [])].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new CannotOpenDatabase(
      `${path} was written by a newer Sluice (${unknown} is unknown to this one); start that version, or move its rows ` +
        'over with "sluice db export" there and "sluice db import" here',
    );
  }
  return known.filter((name) => applied?.has(name) !== true);
}

function appliedIn(database: DatabaseSync): ReadonlySet<string> | undefined {
  if (!hasTable(database, 'sluice_migrations')) return undefined;
  const rows = database.prepare('select "name" from "sluice_migrations"').all();
  return new Set(rows.map((row) => String(row['name'])));
}

function apply(database: DatabaseSync, names: readonly string[]): void {
  database.exec('begin immediate');
  try {
    database.exec(
      'create table if not exists "sluice_migrations" ("name" text primary key not null, "applied_at" text not null) strict',
    );
    const note = database.prepare('insert into "sluice_migrations" values (?, ?)');
    for (const name of names) {
      database.exec(readOwnFile(join(FOLDER, `${name}.sql`)).toString());
      note.run(name, new Date().toISOString());
    }
    database.exec('commit');
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

function hasTable(database: DatabaseSync, name: string): boolean {
  return database.prepare(`select 1 from sqlite_schema where type = 'table' and name = ?`).get(name) !== undefined;
}

function hasTables(database: DatabaseSync): boolean {
  return database.prepare(`select 1 from sqlite_schema limit 1`).get() !== undefined;
}

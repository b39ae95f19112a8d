/**
 * Brings the tables of a schema up to date, in one transaction, with our own list of applied migrations in that schema.
 * Safe when several gateways start at once, also through a pooler: the lock belongs to the transaction.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listOwnFolder, readOwnFile } from '../../src/distribution/own-files.ts';
import { CannotOpenDatabase } from '../cannot-open-database.ts';
import type { Migrator } from '../engine.ts';
import { schemaOf } from './postgres-changes.ts';
import type { PostgresConnection, Sql } from './postgres-connection.ts';

const FOLDER = fileURLToPath(new URL('../migrations/postgres', import.meta.url));

/** Any constant; two programs on one database should not share it. The bytes of `sluice` as a number. */
const LOCK_KEY = 0x736c75696365;

/**
 * Those that an earlier Sluice applied, in the schema public, with drizzle's own migrator, which kept the time of each
 * in a table shared by all its users in the database, and compared only the latest.
 */
const BY_DRIZZLE: Readonly<Record<string, string>> = {
  '1795257516427': '0000_clients',
  '1795257516928': '0001_notify',
  '1795267070734': '0002_operators',
  '1795267071231': '0003_notify_backends',
};

/**
 * @param connection for this alone: without a time limit on statements.
 * @param schema created if missing; null: the first of the search path.
 */
export function postgresMigrator(connection: PostgresConnection, schema: string | null): Migrator {
  return {
    apply: async () => {
      await applyMigrations(connection.sql, await schemaOf(connection.sql, schema));
      await connection.end();
    },
    abandon: (reason) => connection.destroy(reason),
  };
}

/** Names of those that a start would apply. Changes nothing. Throws as the start would. */
export async function dueMigrations(sql: Sql, schema: string | null): Promise<readonly string[]> {
  const name = await schemaOf(sql, schema);
  return dueOf(knownMigrations(), await appliedIn(sql, name), name);
}

function knownMigrations(): readonly string[] {
  return listOwnFolder(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -4))
    .toSorted();
}

async function applyMigrations(sql: Sql, schema: string): Promise<void> {
  const known = knownMigrations();
  // The usual start: one query (npm run bench: start-time).
  if (dueOf(known, await appliedIn(sql, schema), schema).length === 0) return;
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK_KEY}::bigint)`;
    const [found] = await tx`select 1 from pg_namespace where nspname = ${schema}`;
    // Not "if not exists": that requires the right to create one even if one exists.
    if (found === undefined) await tx`create schema ${tx(schema)}`;
    await tx`select set_config('search_path', quote_ident(${schema}), true)`;
    await tx.unsafe(`create table if not exists "sluice_migrations" (
      "name" text primary key not null, "applied_at" timestamp with time zone not null default now())`);
    await adopt(tx as unknown as Sql, schema);
    // Another gateway may have been faster.
    const applied = new Set((await tx`select "name" from "sluice_migrations"`).map(({ name }) => String(name)));
    for (const name of dueOf(known, applied, schema)) {
      await tx.unsafe(readOwnFile(join(FOLDER, `${name}.sql`)).toString());
      await tx`insert into "sluice_migrations" ("name") values (${name})`;
    }
  });
}

/** Throws {@link CannotOpenDatabase} for a schema of a newer Sluice. */
function dueOf(known: readonly string[], applied: ReadonlySet<string>, schema: string): readonly string[] {
  const unknown = [...applied].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new CannotOpenDatabase(
      `the schema ${schema} was written by a newer Sluice (${unknown} is unknown to this one): start that version, or ` +
        'choose another schema with database.schema',
    );
  }
  return known.filter((name) => !applied.has(name));
}

async function appliedIn(sql: Sql, schema: string): Promise<ReadonlySet<string>> {
  try {
    const rows = await sql<{ name: string }[]>`select "name" from ${sql(schema)}."sluice_migrations"`;
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    if (MISSING.has((error as { readonly code?: string }).code ?? '')) return new Set();
    throw error;
  }
}

/** undefined_table, invalid_schema_name: nothing was ever applied here. */
const MISSING = new Set(['42P01', '3F000']);

/** Takes over the migrations applied before we kept our own list. */
async function adopt(sql: Sql, schema: string): Promise<void> {
  const [there] = await sql<{ is_adoptable: boolean }[]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null
      and to_regclass(format('%I.clients', ${schema}::text)) is not null
      and not exists (select 1 from "sluice_migrations") as is_adoptable`;
  if (schema !== 'public' || there?.is_adoptable !== true) return;
  // A literal: the driver does not know the type of an array.
  const times = `{${Object.keys(BY_DRIZZLE).join()}}`;
  const rows = await sql<{ at: string }[]>`
    select created_at::text as at from drizzle.__drizzle_migrations where created_at = any (${times}::bigint[])`;
  for (const { at } of rows) {
    await sql`insert into "sluice_migrations" ("name") values (${BY_DRIZZLE[at]!}) on conflict do nothing`;
  }
  // Other applications' migrations that are older than ours would be skipped because of them.
  await sql`delete from drizzle.__drizzle_migrations where created_at = any (${times}::bigint[])
    and exists (select 1 from drizzle.__drizzle_migrations where not created_at = any (${times}::bigint[]))`;
}

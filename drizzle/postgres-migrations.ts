/** Brings the tables up to date. Safe when several gateways start at once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Migrator } from './engine.ts';
import type { PostgresConnection, Sql } from './postgres-connection.ts';
import { drizzle, migrate } from './postgres-orm.ts';

const migrationsFolder = fileURLToPath(new URL('./migrations/postgres', import.meta.url));

/** Any constant; two programs on one database must not share it. The bytes of `sluice` as a number. */
const LOCK_KEY = 0x736c75696365;

interface Journal {
  readonly entries: readonly { readonly when: number }[];
}

/** @param connection for this alone: with one session, and without a time limit on statements. */
export function postgresMigrator(connection: PostgresConnection): Migrator {
  return {
    apply: async () => {
      await applyMigrations(connection.sql);
      await connection.end();
    },
    abandon: (reason) => connection.destroy(reason),
  };
}

/** `sql` must have one connection only (`max: 1`): the lock belongs to the connection, and goes with it. */
async function applyMigrations(sql: Sql): Promise<void> {
  // The usual start: one question instead of six (npm run bench: start-time).
  if (await areApplied(sql)) return;
  await sql`select pg_advisory_lock(${LOCK_KEY}::bigint)`;
  await migrate(drizzle(sql), { migrationsFolder });
  await sql`select pg_advisory_unlock(${LOCK_KEY}::bigint)`;
}

/** As drizzle itself decides it: by the time of the last one. */
async function areApplied(sql: Sql): Promise<boolean> {
  const journal = JSON.parse(readFileSync(join(migrationsFolder, 'meta', '_journal.json'), 'utf8')) as Journal;
  try {
    const [row] = await sql<{ last: string | null }[]>`
      select max(created_at)::text as last from drizzle.__drizzle_migrations`;
    return Number(row?.last ?? 0) >= journal.entries.at(-1)!.when;
  } catch (error) {
    if (MISSING.has((error as { readonly code?: string }).code ?? '')) return false;
    throw error;
  }
}

/** undefined_table, invalid_schema_name: nothing was ever applied here. */
const MISSING = new Set(['42P01', '3F000']);

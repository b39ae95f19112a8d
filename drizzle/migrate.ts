/** Brings the tables up to date. Safe when several gateways start at once. */
import { fileURLToPath } from 'node:url';
import type { Sql } from './connection.ts';
import { drizzle, migrate } from './orm.ts';

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));

/** Any constant; two programs on one database must not share it. The bytes of `sluice` as a number. */
const LOCK_KEY = 0x736c75696365;

/** `sql` must have one connection only (`max: 1`): the lock belongs to the connection, and goes with it. */
export async function applyMigrations(sql: Sql): Promise<void> {
  await sql`select pg_advisory_lock(${LOCK_KEY}::bigint)`;
  await migrate(drizzle(sql), { migrationsFolder });
  await sql`select pg_advisory_unlock(${LOCK_KEY}::bigint)`;
}

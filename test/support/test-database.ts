/** A database of its own for the tests of one file, opened before the first of them and deleted after the last. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import type { Database } from '../../src/database/database-port.ts';
import { databaseSettings } from './database-settings.ts';
import { keptLog } from './kept-log.ts';
import { createDatabaseAt, dropDatabase, startPostgresServer, type PostgresServer } from './postgres-server.ts';

/** SQLite in a temporary folder. */
export function embeddedDatabase(): () => Database {
  let folder: string;
  let database: Database;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-data-'));
    database = await openDatabase(databaseSettings({ dataDir: folder }), { log: keptLog() });
  });
  after(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  return () => database;
}

/** On the PostgreSQL server of `TEST_DATABASE_URL`, otherwise on one that is started for it. */
export function postgresDatabase(): () => Database {
  let server: PostgresServer | undefined;
  let url: string;
  let database: Database | undefined;
  before(async () => {
    const given = process.env['TEST_DATABASE_URL'];
    if (given === undefined) server = await startPostgresServer();
    url = given === undefined ? await server!.createDatabase() : await createDatabaseAt(given);
    database = await openDatabase(databaseSettings({ url }), { log: keptLog() });
  });
  after(async () => {
    await database?.close();
    if (server === undefined) await dropDatabase(url);
    await server?.destroy();
  });
  return () => database!;
}

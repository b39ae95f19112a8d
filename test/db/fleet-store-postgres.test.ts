import { after, before } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import type { Database } from '../../src/database/database-port.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { keptLog } from '../support/kept-log.ts';
import {
  createDatabaseAt,
  dropDatabase,
  startPostgresServer,
  type PostgresServer,
} from '../support/postgres-server.ts';
import { fleetStoreContract } from './fleet-store.contract.ts';

let server: PostgresServer | undefined;
let url: string;
let database: Database;
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

fleetStoreContract(() => database.fleet);

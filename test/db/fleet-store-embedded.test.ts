import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import type { Database } from '../../src/database/database-port.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { keptLog } from '../support/kept-log.ts';
import { fleetStoreContract } from './fleet-store.contract.ts';

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

fleetStoreContract(() => database.fleet);

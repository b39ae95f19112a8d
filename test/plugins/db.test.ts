import assert from 'node:assert/strict';
import { it } from 'node:test';
import Fastify from 'fastify';
import db from '../../plugins/admin/db.ts';
import type { Database } from '../../src/state/database.ts';
import { MemoryBackendStore } from '../support/memory-backend-store.ts';
import { MemoryClientStore } from '../support/memory-client-store.ts';

it('the db plugin puts the database within reach, and leaves it open', async () => {
  let isClosed = false;
  const database: Database = {
    mode: 'embedded',
    clients: new MemoryClientStore(),
    backends: new MemoryBackendStore(),
    isAvailable: () => true,
    onAvailability: () => () => {},
    onClientsChanged: () => () => {},
    onBackendsChanged: () => () => {},
    close: async () => void (isClosed = true),
  };
  const app = Fastify();
  await app.register(db, { database });
  assert.equal(app.database, database);
  await app.close();
  assert.equal(isClosed, false);
});

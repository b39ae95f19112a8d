import assert from 'node:assert/strict';
import { it } from 'node:test';
import Fastify from 'fastify';
import db from '../../../plugins/admin/db.ts';
import type { Database } from '../../../src/database/database.ts';
import { fakeDatabase } from '../../support/admin-app.ts';
import { MemoryClientStore } from '../../support/memory-client-store.ts';

it('the db plugin puts the database within reach, and leaves it open', async () => {
  let isClosed = false;
  const database: Database = {
    ...fakeDatabase(new MemoryClientStore()),
    close: async () => void (isClosed = true),
  };
  const app = Fastify();
  await app.register(db, { database });
  assert.equal(app.database, database);
  await app.close();
  assert.equal(isClosed, false);
});

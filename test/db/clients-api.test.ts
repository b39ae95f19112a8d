import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import Fastify from 'fastify';
import fp from 'fastify-plugin';
import { openDatabase } from '../../drizzle/open-database.ts';
import clientsCrud from '../../plugins/admin/routes/limits/clients-crud.ts';
import errors, { adminServerOptions } from '../../plugins/admin/base/error-answers.ts';
import schemas from '../../plugins/admin/base/schemas.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { FakeRegistry } from '../support/fake-registry.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';

let server: PostgresServer;
before(async () => (server = await startPostgresServer()));
after(() => server.destroy());

it('the clients API on PostgreSQL answers 503 during an outage, loses nothing, and goes on without a restart', async (t) => {
  const database = await openDatabase(databaseSettings({ url: await server.createDatabase() }), { log: keptLog() });
  const registry = new FakeRegistry();
  const app = Fastify(adminServerOptions);
  await app.register(errors);
  await app.register(schemas);
  // No audit log here: dependencies.test.ts shows that clients-crud comes after it.
  await app.register(fp(async () => undefined, { name: 'audit' }));
  await app.register(clientsCrud, {
    store: database.clients,
    registry,
    defaultLimit: () => ({ algorithm: 'token-bucket', capacity: 100, ratePerSecond: 10, windowSeconds: null }),
  });
  t.after(() => app.close().then(() => database.close()));

  const url = '/v1/api/clients';
  const create = (client_id: string) => app.inject({ method: 'POST', url, payload: { client_id } });
  assert.equal((await create('before')).statusCode, 201);
  assert.equal((await create('before')).json().error, 'GW_CLIENT_EXISTS');

  await server.stop();
  const refused = await create('during');
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.json().error, 'GW_DATABASE_UNAVAILABLE');
  assert.equal((await app.inject(url)).statusCode, 503);
  assert.deepEqual([...registry.live.keys()], ['before'], 'the previous client stays, and nothing else is added');

  await server.start();
  assert.equal((await create('after')).statusCode, 201);
  const list = await app.inject(url);
  assert.deepEqual(
    list.json<{ id: string }[]>().map(({ id }) => id),
    ['after', 'before'],
  );
});

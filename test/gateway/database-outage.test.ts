/** The database goes and comes back: traffic does not notice, changes are refused meanwhile, no restart is needed. */
import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import type { Database } from '../../src/database/database-port.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { keptLog } from '../support/kept-log.ts';
import { startLoad, type Load } from '../support/load.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { temporaryFolder as folder } from '../support/sluice-process.ts';

const CLIENT = { capacity: 1e6, rate_per_second: 1e6 };

async function start(t: TestContext, database: Database): Promise<{ gateway: TestGateway; load: Load }> {
  const { backends, close } = await startSampleBackends({ count: 2 });
  t.after(close);
  const yaml = gatewayYaml(
    backends.map(({ url }) => url),
    'rate_limit: { default: { capacity: 1000000, rate_per_second: 1000000 } }\n',
  );
  const gateway = await startTestGateway(t, yaml, { database });
  const load = startLoad(gateway.trafficUrl, { connections: 16, pauseMs: 20 });
  t.after(() => load.stop());
  return { gateway, load };
}

async function create(gateway: TestGateway, id: string): Promise<number> {
  return (await gateway.admin('/v1/api/clients', { method: 'POST', body: { client_id: id, ...CLIENT } })).status;
}

async function allAnswered(load: Load): Promise<void> {
  const { statuses, errors } = await load.stop();
  assert.deepEqual(Object.keys(statuses), ['200'], errors.join());
}

describe('a PostgreSQL server', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  it('is stopped and started under load', async (t) => {
    const database = await openDatabase(databaseSettings({ url: await server.createDatabase() }), { log: keptLog() });
    const { gateway, load } = await start(t, database);
    assert.equal(await create(gateway, 'before'), 201);
    await load.reached(200);

    await server.stop();
    assert.equal(await create(gateway, 'during'), 503);
    await load.reached(load.answers + 500);
    assert.equal((await gateway.admin('/readyz')).status, 200, 'traffic is served');
    assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);

    await server.start();
    await eventually('changes are taken again', async () => (await create(gateway, 'after')) === 201, 20_000);
    assert.equal((await gateway.admin('/v1/api/clients/before')).status, 200);
    await allAnswered(load);
  });

  it('that is not required may be away at the start: its clients apply when it comes, and their levels', async (t) => {
    const url = await server.createDatabase();
    const first = await openDatabase(databaseSettings({ url }), { log: keptLog() });
    await first.clients.create({
      key: '127.0.0.1',
      kind: 'ip',
      name: null,
      capacity: 1000,
      algorithm: 'token-bucket',
      ratePerSecond: 0.001,
      windowSeconds: null,
      enabled: true,
      apiKeyHash: null,
    });
    await first.clients.saveLevels([{ key: '127.0.0.1', tokens: 2, savedAt: new Date() }]);
    await first.close();
    await server.stop();
    const database = await openDatabase(databaseSettings({ url, required: false }), { log: keptLog() });
    const { gateway, load } = await start(t, database);
    await load.reached(200);
    assert.equal(await create(gateway, 'early'), 503);
    await allAnswered(load);

    await server.start();
    await eventually('changes are taken', async () => (await create(gateway, 'late')) === 201, 20_000);
    await eventually('its limit holds, at the level that was saved', async () => {
      const { statuses } = await startLoad(gateway.trafficUrl, { connections: 2, max: 10 }).done;
      return (statuses['429'] ?? 0) >= 8;
    });
  });
});

describe('backends of two gateways with one database', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  it('are changed at one and applied at both, including changes while the database was away', async (t) => {
    const url = await server.createDatabase();
    const open = (required: boolean) => openDatabase(databaseSettings({ url, required }), { log: keptLog() });
    const one = await start(t, await open(true));
    const two = await start(t, await open(true));
    const weight = async ({ gateway }: typeof one, id: string) =>
      (await gateway.admin(`/v1/api/backends/${id}`)).json<{ weight?: number }>().weight;
    const change = (body: object) => one.gateway.admin('/v1/api/backends/b0', { method: 'PATCH', body });
    assert.equal((await change({ weight: 7 })).status, 200);
    await eventually('the other one has it', async () => (await weight(two, 'b0')) === 7);

    const added = { pool: 'default', url: 'http://127.0.0.1:9', id: 'added', enabled: false, weight: 3 };
    assert.equal((await two.gateway.admin('/v1/api/backends', { method: 'POST', body: added })).status, 201);
    await eventually('the first one has it', async () => (await weight(one, 'added')) === 3);

    await server.stop();
    const three = await start(t, await open(false));
    assert.equal(await weight(three, 'b0'), 1, 'as the file says, while nobody knows better');
    assert.equal((await change({ weight: 8 })).status, 503);
    assert.equal(await weight(one, 'b0'), 7);
    await server.start();
    await eventually('it is what is stored', async () => (await weight(three, 'b0')) === 7, 20_000);
    await eventually('changes are taken again', async () => (await change({ weight: 8 })).status === 200, 20_000);
    for (const each of [two, three]) {
      await eventually('all have it', async () => (await weight(each, 'b0')) === 8, 20_000);
      await eventually('and the added one', async () => (await weight(each, 'added')) === 3, 20_000);
    }
    for (const { load } of [one, two, three]) await allAnswered(load);
  });
});

describe('the embedded database', () => {
  it('loses its file under load, and takes changes again when it is back', async (t) => {
    const dataDir = folder(t);
    const path = join(dataDir, 'sluice.db');
    const database = await openDatabase(databaseSettings({ dataDir }), { log: keptLog() });
    const { gateway, load } = await start(t, database);
    assert.equal(await create(gateway, 'before'), 201);
    await load.reached(200);

    renameSync(path, `${path}.away`);
    assert.equal(await create(gateway, 'during'), 503);
    await load.reached(load.answers + 500);
    assert.equal((await gateway.admin('/readyz')).status, 200, 'traffic is served');

    renameSync(`${path}.away`, path);
    await eventually('changes are taken again', async () => (await create(gateway, 'after')) === 201, 20_000);
    assert.equal((await gateway.admin('/v1/api/clients/before')).status, 200);
    await allAnswered(load);
  });
});

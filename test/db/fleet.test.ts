/** Several gateways on one database: changes by one are applied by the others, even if no notification arrives. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import type { Database } from '../../src/database/database-port.ts';
import type { NewClient } from '../../src/limits/client-store.ts';
import type { NewBackend } from '../../src/backends/backend-store.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';

const LIMIT = { algorithm: 'token-bucket', capacity: 1, ratePerSecond: 1, windowSeconds: null } as const;
const client = (key: string): NewClient => ({ key, kind: 'id', name: null, ...LIMIT, enabled: true, apiKeyHash: null });
const BACKEND: NewBackend = {
  id: 'b',
  url: null,
  pool: null,
  weight: 2,
  enabled: null,
  draining: null,
  backup: null,
  maxInFlight: null,
};

describe('a gateway on a shared database', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  async function open(t: TestContext, url: string, gateway = 'gw'): Promise<Database> {
    const database = await openDatabase(databaseSettings({ url, gateway }), { log: keptLog(), pingIntervalMs: 50 });
    t.after(() => database.close());
    return database;
  }

  /** No notification leaves this database. */
  async function silent(t: TestContext): Promise<string> {
    const url = await server.createDatabase();
    await (await open(t, url)).close();
    const sql = server.sql(url);
    await sql.unsafe(
      'drop trigger clients_notify on clients; drop trigger backends_notify on backends; ' +
        'drop trigger uploaded_certificates_notify on uploaded_certificates; ' +
        'drop trigger circuit_orders_notify on circuit_orders',
    );
    // The same function counts the change.
    await sql.unsafe(`create or replace function "sluice_notify_gateways"() returns trigger language plpgsql as $$ begin
      update "versions" set "last" = "last" + 1, "gateways" = "last" + 1; return null; end $$`);
    await sql.end();
    return url;
  }

  it('notices clients and backends without notifications: created, changed, removed, created again', async (t) => {
    const url = await silent(t);
    const [here, there] = [await open(t, url), await open(t, url)];
    const heard: (string | null)[] = [];
    let backends = 0;
    here.onClientsChanged((key) => heard.push(key));
    here.onBackendsChanged(() => (backends += 1));
    const made = await there.clients.create(client('a'));
    await eventually('the creation', () => heard.length === 1);
    await there.clients.remove('a');
    const again = await there.clients.create(client('a'));
    assert.ok(again.version > made.version, 'a client made again is another one');
    await eventually('it again', () => heard.length >= 2);
    await there.clients.remove('a');
    await eventually('the removal', async () => heard.length >= 3 && (await here.clients.get('a')) === undefined);
    assert.deepEqual([...new Set(heard)], ['a']);
    await there.backends.create(BACKEND);
    await eventually('the backend', () => backends === 1);
    await there.backends.remove('b');
    await eventually('its removal', () => backends === 2);
  });

  it('notices uploaded certificates, with notifications and without', async (t) => {
    for (const url of [await silent(t), await server.createDatabase()]) {
      const [here, there] = [await open(t, url), await open(t, url)];
      let calls = 0;
      here.onCertificatesChanged(() => (calls += 1));
      const upload = { id: 'a', hosts: ['a.test'], chainPem: 'chain', keyEncrypted: 'key' };
      const { version } = await there.uploads.put(upload);
      await eventually('the upload', () => calls === 1);
      assert.ok((await there.uploads.put(upload)).version > version);
      await eventually('its replacement', () => calls === 2);
      await there.uploads.remove('a');
      await eventually('its removal', () => calls === 3);
    }
  });

  it('notices gateways and orders for circuits, with notifications and without', async (t) => {
    const beat = {
      id: 'a',
      name: 'gw-a',
      version: '1',
      configDigest: 'x',
      adminUrl: null,
      uptimeSeconds: 0,
      figures: { requestsPerSecond: 0, refusedPerSecond: 0, threads: 1, limitMode: 'local', limitModeSeconds: null },
    } as const;
    for (const url of [await silent(t), await server.createDatabase()]) {
      const [here, there] = [await open(t, url), await open(t, url)];
      const heard = { gateways: 0, circuits: 0 };
      here.onGatewaysChanged(() => (heard.gateways += 1));
      here.onCircuitsChanged(() => (heard.circuits += 1));
      await there.fleet.beat(beat);
      await eventually('the join', () => heard.gateways === 1);
      await there.fleet.beat({ ...beat, figures: { ...beat.figures, threads: 2 } });
      await there.fleet.beat({ ...beat, configDigest: 'y' });
      await eventually('the other configuration', () => heard.gateways === 2);
      await there.fleet.leave('a');
      await eventually('the leave', () => heard.gateways === 3);
      await there.circuitOrders.put(['b'], 60);
      await eventually('the order', () => heard.circuits === 1);
      await there.circuitOrders.put(['b'], null);
      await eventually('the second order', () => heard.circuits === 2);
      assert.equal(heard.gateways, 3, 'an ordinary beat is no change');
    }
  });

  it('is notified again of a change that its listener could not apply', async (t) => {
    const url = await silent(t);
    const [here, there] = [await open(t, url), await open(t, url)];
    let calls = 0;
    here.onClientsChanged(async () => {
      calls += 1;
      if (calls < 3) throw new Error('not now');
    });
    await there.clients.create(client('a'));
    await eventually('three calls', () => calls === 3);
  });

  it('is notified that anything may have changed when very many were removed at once', async (t) => {
    const url = await silent(t);
    const here = await open(t, url);
    const heard: (string | null)[] = [];
    const sql = server.sql(url);
    t.after(() => sql.end());
    await sql`insert into clients (key, kind, capacity, rate_per_second, enabled)
      select 'c' || n, 'id', 1, 1, true from generate_series(1, 2000) n`;
    here.onClientsChanged((key) => heard.push(key));
    await sql`delete from clients`;
    await eventually('a call with null', () => heard.includes(null));
  });

  it('has bucket levels of its own', async (t) => {
    const url = await server.createDatabase();
    const [one, two] = [await open(t, url, 'one'), await open(t, url, 'two')];
    await one.clients.create(client('a'));
    const savedAt = new Date();
    await one.clients.saveLevels([{ key: 'a', tokens: 0, savedAt }]);
    await two.clients.saveLevels([{ key: 'a', tokens: 1, savedAt }]);
    const levels = async (database: Database): Promise<number[]> => {
      const all: number[] = [];
      for await (const page of database.clients.loadLevels()) all.push(...page.map(({ tokens }) => tokens));
      return all;
    };
    assert.deepEqual([await levels(one), await levels(two)], [[0], [1]]);
    assert.deepEqual(await levels(await open(t, url, 'three')), []);
  });

  it('removes old bucket levels of gateways that are gone, and leaves those of others', async (t) => {
    const url = await server.createDatabase();
    const [gone, other] = [await open(t, url, 'gone'), await open(t, url, 'other')];
    await gone.clients.create(client('a'));
    await gone.clients.saveLevels([{ key: 'a', tokens: 0, savedAt: new Date(0) }]);
    await other.clients.saveLevels([{ key: 'a', tokens: 0, savedAt: new Date() }]);
    assert.equal(await (await open(t, url, 'third')).clients.pruneLevels(new Date()), 1);
    const names = async (database: Database): Promise<number> => {
      let count = 0;
      for await (const page of database.clients.loadLevels()) count += page.length;
      return count;
    };
    assert.deepEqual([await names(gone), await names(other)], [0, 1]);
  });

  it('shares secrets with the others, created by the first that asks', async (t) => {
    const url = await server.createDatabase();
    const all = await Promise.all([open(t, url), open(t, url), open(t, url)]);
    const secrets = await Promise.all(all.map(({ secrets: each }, at) => each.get('sticky', () => `made by ${at}`)));
    assert.equal(new Set(secrets).size, 1);
    assert.equal(await all[1].secrets.get('sticky', () => 'another'), secrets[0]);
    assert.equal(await all[1].secrets.get('other', () => 'another'), 'another');
  });
});

import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { after, before, describe, it, type TestContext } from 'node:test';
import { openDatabase, type OpenOptions } from '../../drizzle/open-database.ts';
import type { Database } from '../../src/database/database-port.ts';
import type { DatabaseSettings } from '../../src/config/settings.ts';
import type { NewClient } from '../../src/limits/client-store.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const AWAY = { code: 'GW_DATABASE_UNAVAILABLE' };

function client(key: string): NewClient {
  const limit = { algorithm: 'token-bucket', capacity: 1, ratePerSecond: 1, windowSeconds: null } as const;
  return { key, kind: 'id', name: null, ...limit, enabled: true, apiKeyHash: null };
}

describe('a PostgreSQL server that is away', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  async function open(t: TestContext, some: Partial<DatabaseSettings>, options: Partial<OpenOptions> = {}) {
    const log = keptLog();
    const database = await openDatabase(databaseSettings(some), { log, ...options });
    t.after(() => database.close());
    return { database, log };
  }

  it('makes writes and reads reject, and lets them work again when it is back, without a restart', async (t) => {
    const { database, log } = await open(t, { url: await server.createDatabase() });
    const heard: boolean[] = [];
    database.onAvailability((isAvailable) => heard.push(isAvailable));
    await database.clients.create(client('before'));

    await server.stop();
    await assert.rejects(database.clients.create(client('during')), AWAY);
    await assert.rejects(database.clients.get('before'), AWAY);
    await assert.rejects(database.clients.list({ limit: 1, offset: 0 }), AWAY);
    await assert.rejects(database.clients.update('before', {}), AWAY);
    await assert.rejects(database.clients.remove('before'), AWAY);
    await assert.rejects(database.clients.saveLevels([{ key: 'before', tokens: 1, savedAt: new Date() }]), AWAY);
    await assert.rejects(database.clients.all()[Symbol.asyncIterator]().next(), AWAY);
    await assert.rejects(database.clients.loadLevels()[Symbol.asyncIterator]().next(), AWAY);
    await assert.rejects(database.clients.ping(), (error: Error) => error.cause instanceof Error);
    assert.equal(database.isAvailable(), false);

    await server.start();
    await eventually('available again', () => database.isAvailable());
    await database.clients.create(client('after'));
    assert.equal(await database.clients.get('during'), undefined);
    assert.deepEqual(heard, [false, true]);
    assert.deepEqual(
      log.lines.map(({ level, message }) => [level, message]),
      [
        ['info', 'database available'],
        ['warn', 'database unavailable; retrying in the background'],
        ['info', 'database available'],
      ],
    );
  });

  it('is noticed without anybody asking', async (t) => {
    const { database } = await open(t, { url: await server.createDatabase() }, { pingIntervalMs: 50 });
    await server.stop();
    await eventually('unavailable', () => !database.isAvailable());
    await server.start();
    await eventually('available again', () => database.isAvailable());
  });

  it('is followed again when it is back, also what was changed before anybody looked', async (t) => {
    const url = await server.createDatabase();
    const { database } = await open(t, { url });
    const { database: other } = await open(t, { url });
    await other.clients.create(client('removed'));
    const changes: (string | null)[] = [];
    database.onClientsChanged((key) => changes.push(key));
    await server.stop();
    await server.start();
    // False if it had been removed, and only the answer was lost.
    await eventually('the other again', () =>
      other.clients.remove('removed').then(
        () => true,
        () => false,
      ),
    );
    await eventually('the removal', () => changes.includes('removed'));
    await other.clients.create(client('later'));
    await eventually('the change', () => changes.at(-1) === 'later');
  });

  it('and stays silent costs a query its deadline, not forever; none of it is executed later', async (t) => {
    const proxy = await startTcpProxy(server.port);
    t.after(() => proxy.close());
    const url = new URL(await server.createDatabase());
    url.port = String(proxy.port);
    // So long that a busy machine keeps it while the server answers.
    const { database } = await open(t, { url: url.href }, { deadlineMs: 2000, pingIntervalMs: 100 });
    const changes: (string | null)[] = [];
    database.onClientsChanged((key) => changes.push(key));
    await database.clients.create(client('before'));
    await eventually('the own change', () => changes.includes('before'));

    proxy.freeze();
    const hung = Array.from({ length: 12 }, (_, at) => database.clients.create(client(`hung-${at}`)));
    for (const outcome of await Promise.allSettled(hung)) {
      assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'GW_DATABASE_UNAVAILABLE');
    }
    assert.equal(database.isAvailable(), false);

    proxy.thaw();
    await eventually('available again', () => database.isAvailable());
    await database.clients.create(client('after'));
    assert.equal((await database.clients.list({ limit: 10, offset: 0, search: 'hung' })).total, 0);
    await eventually('listening again', () => changes.at(-1) === 'after');
  });

  it('refuses to start when it is required, naming host and port and not the password', async () => {
    const port = await freePort();
    const url = `postgres://someone:s3cret@127.0.0.1:${port}/sluice`;
    await assert.rejects(openDatabase(databaseSettings({ url }), { log: keptLog() }), (error: Error) => {
      assert.match(error.message, new RegExp(`cannot open the database at 127.0.0.1:${port}: .*ECONNREFUSED`));
      assert.ok(!JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('s3cret'));
      return true;
    });
  });

  it('refuses to start with a wrong password, without printing it', async () => {
    const url = new URL(await server.createDatabase());
    url.password = 's3cret';
    await assert.rejects(openDatabase(databaseSettings({ url: url.href }), { log: keptLog() }), (error: Error) => {
      assert.match(error.message, /password authentication failed for user "sluice"/);
      assert.ok(!error.message.includes('s3cret'));
      return true;
    });
  });

  it('refuses an invalid URL, without printing it', async () => {
    for (const url of ['postgres://a:s3cret@host:port/x', 'mysql://a:s3cret@host/x', 's3cret']) {
      await assert.rejects(openDatabase(databaseSettings({ url }), { log: keptLog() }), (error: Error) => {
        assert.match(error.message, /^the database URL is refused: /);
        assert.ok(!JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('s3cret'));
        return true;
      });
    }
  });

  it('at start is waited for in the background when it is not required', async (t) => {
    const url = await server.createDatabase();
    await server.stop();
    const { database } = await open(t, { url, required: false });
    const changes: (string | null)[] = [];
    database.onClientsChanged((key) => changes.push(key));
    assert.equal(database.isAvailable(), false);
    await assert.rejects(database.clients.create(client('early')), AWAY);

    await server.start();
    await eventually('available', () => database.isAvailable());
    await database.clients.create(client('late'));
    await eventually('a change after it', () => changes.includes('late'));
  });

  it('closes at once while it waits', async () => {
    const url = `postgres://someone@127.0.0.1:${await freePort()}/sluice`;
    const database = await openDatabase(databaseSettings({ url, required: false }), { log: keptLog() });
    const begin = performance.now();
    await database.close();
    assert.ok(performance.now() - begin < 1_000);
  });

  it('does not make the driver spin when something accepts and closes', async (t) => {
    let connections = 0;
    const closing = createServer((socket) => {
      connections += 1;
      socket.end();
    }).listen(0, '127.0.0.1');
    t.after(() => closing.close());
    await once(closing, 'listening');
    const url = `postgres://someone@127.0.0.1:${(closing.address() as AddressInfo).port}/sluice`;
    await assert.rejects(openDatabase(databaseSettings({ url }), { log: keptLog() }), /cannot open the database/);
    assert.ok(connections <= 2, `${connections} connections`);
  });
});

describe('several gateways on one PostgreSQL server', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  async function openAll(t: TestContext, count: number): Promise<Database[]> {
    const url = await server.createDatabase();
    const opening = Array.from({ length: count }, () => openDatabase(databaseSettings({ url }), { log: keptLog() }));
    const databases = await Promise.all(opening);
    t.after(() => Promise.all(databases.map((database) => database.close())));
    return databases;
  }

  it('start at once: one migrates, the others wait', async (t) => {
    const databases = await openAll(t, 4);
    await databases[0]!.clients.create(client('one'));
    for (const database of databases) assert.equal((await database.clients.get('one'))?.key, 'one');
  });

  it("see each other's creations, changes and removals", async (t) => {
    const [here, there] = (await openAll(t, 2)) as [Database, Database];
    const seen: (string | null)[] = [];
    const stop = there.onClientsChanged((key) => seen.push(key));
    // Changes of one client in quick succession may come as one: each is waited for.
    const after = (count: number) => eventually(`change ${count}`, () => seen.length === count);
    await here.clients.create(client('10.0.0.0/8'));
    await after(1);
    await here.clients.update('10.0.0.0/8', { capacity: 2 });
    await after(2);
    await here.clients.remove('10.0.0.0/8');
    await after(3);
    assert.deepEqual(seen, ['10.0.0.0/8', '10.0.0.0/8', '10.0.0.0/8']);
    stop();
  });

  it('are notified of every change of a backend, until they unsubscribe', async (t) => {
    const [here, there] = (await openAll(t, 2)) as [Database, Database];
    let heard = 0;
    const stop = there.onBackendsChanged(() => (heard += 1));
    // Changes in quick succession may come as one: each is waited for.
    const after = (count: number) => eventually(`change ${count}`, () => heard === count);
    const nothing = { pool: null, weight: null, enabled: null, draining: null, backup: null, maxInFlight: null };
    await here.backends.create({ ...nothing, id: 'one', url: null, weight: 2 });
    await after(1);
    await here.backends.update('one', { weight: 3 });
    await after(2);
    await here.backends.remove('one');
    await after(3);
    stop();
    const [ping] = [Promise.withResolvers<void>()];
    there.onClientsChanged(() => ping.resolve());
    await here.backends.create({ ...nothing, id: 'two', url: null, weight: 2 });
    await here.clients.create(client('after'));
    await ping.promise;
    assert.equal(heard, 3);
  });

  it('are not notified of a refused change', async (t) => {
    const [here, there] = (await openAll(t, 2)) as [Database, Database];
    const seen: (string | null)[] = [];
    await here.clients.create(client('one'));
    there.onClientsChanged((key) => seen.push(key));
    await assert.rejects(here.clients.create(client('one')), { code: 'GW_CLIENT_EXISTS' });
    await assert.rejects(here.clients.update('one', {}, 9), { code: 'GW_PRECONDITION_FAILED' });
    await here.clients.create(client('two'));
    await eventually('the second client', () => seen.includes('two'));
    assert.deepEqual(
      seen.filter((key) => key !== 'one'),
      ['two'],
    );
  });

  it('save levels at the same time without conflicts', async (t) => {
    const [here, there] = (await openAll(t, 2)) as [Database, Database];
    const keys = Array.from({ length: 50 }, (_, at) => `client-${at}`);
    for (const key of keys) await here.clients.create(client(key));
    const levels = keys.map((key) => ({ key, tokens: 1, savedAt: new Date() }));
    const saves = Array.from({ length: 20 }, (_, at) =>
      (at % 2 ? here : there).clients.saveLevels(at % 3 ? levels : levels.toReversed()),
    );
    await Promise.all(saves);
  });
});

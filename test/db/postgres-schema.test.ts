/** Migrations: any schema, our own list, next to other applications. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { CannotOpenDatabase } from '../../drizzle/cannot-open-database.ts';
import { openDatabase } from '../../drizzle/open-database.ts';
import { lookAtPostgres } from '../../drizzle/postgres/postgres-look.ts';
import type { Database } from '../../src/database/database-port.ts';
import type { NewClient } from '../../src/limits/client-store.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';

const LIMIT = { algorithm: 'token-bucket', capacity: 1, ratePerSecond: 1, windowSeconds: null } as const;
const client = (key: string): NewClient => ({ key, kind: 'id', name: null, ...LIMIT, enabled: true, apiKeyHash: null });

describe('the tables in PostgreSQL', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  async function open(t: TestContext, url: string, schema: string | null = null): Promise<Database> {
    const database = await openDatabase(databaseSettings({ url, schema }), { log: keptLog() });
    t.after(() => database.close());
    return database;
  }

  it('a look changes nothing, and says what a start would migrate', async (t) => {
    const url = await server.createDatabase();
    const before = await lookAtPostgres(url, null, 5000);
    assert.ok(before.due.includes('0000_clients'), before.due.join());
    assert.ok(Math.abs(before.serverMs - Date.now()) < 60_000);
    assert.deepEqual((await lookAtPostgres(url, null, 5000)).due, before.due, 'still to be done');
    await open(t, url);
    assert.deepEqual((await lookAtPostgres(url, null, 5000)).due, []);
    const wrong = new URL(url);
    wrong.pathname = '/nothing';
    await assert.rejects(lookAtPostgres(wrong.href, null, 5000), /database "nothing" does not exist/);
  });

  function connect(t: TestContext, url: string) {
    const sql = server.sql(url);
    t.after(() => sql.end());
    return sql;
  }

  /** As left by a Sluice that used drizzle's own migrator. */
  async function oldInstall(sql: ReturnType<typeof connect>): Promise<void> {
    const names = ['0000_clients', '0001_notify', '0002_operators', '0003_notify_backends'];
    const times = [1795257516427, 1795257516928, 1795267070734, 1795267071231];
    await sql.unsafe(`create schema drizzle;
      create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`);
    for (const [at, name] of names.entries()) {
      const file = new URL(`../../drizzle/migrations/postgres/${name}.sql`, import.meta.url);
      await sql.unsafe(readFileSync(file, 'utf8'));
      await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${name}, ${times[at]!})`;
    }
    await sql.unsafe(
      `insert into clients (key, kind, capacity, rate_per_second, enabled, version) values ('old', 'id', 1, 1, true, 7)`,
    );
  }

  it('are in the configured schema, created by a user who owns nothing else, and are separate from others', async (t) => {
    const url = await server.createDatabase();
    const sql = connect(t, url);
    const role = `r_${new URL(url).pathname.slice(-8)}`;
    await sql.unsafe(`create role ${role} login password 'x'; create schema one authorization ${role};
      revoke create on schema public from public`);
    const own = new URL(url);
    [own.username, own.password] = [role, 'x'];
    const one = await open(t, own.href, 'one');
    const two = await open(t, url, 'two');
    const heard: string[] = [];
    two.onClientsChanged((key) => heard.push(`two ${key}`));
    one.onClientsChanged((key) => heard.push(`one ${key}`));
    await one.clients.create(client('a'));
    assert.equal(await two.clients.get('a'), undefined);
    await two.clients.create(client('b'));
    await one.clients.saveLevels([{ key: 'a', tokens: 0, savedAt: new Date() }]);
    await eventually('both changes', () => heard.length >= 2);
    assert.deepEqual(heard.toSorted(), ['one a', 'two b']);
    const tables = await sql`select table_schema from information_schema.tables where table_name = 'clients'`;
    assert.deepEqual(new Set(tables.map((row) => String(row['table_schema']))), new Set(['one', 'two']));
  });

  it('are in the first schema of the search path when none is named, and where one is named even if that is public', async (t) => {
    const url = await server.createDatabase();
    const sql = connect(t, url);
    const role = `Own_${new URL(url).pathname.slice(-8)}`;
    await sql.unsafe(`create role "${role}" login password 'x'; create schema "${role}" authorization "${role}";
      grant create on schema public to "${role}"`);
    const own = new URL(url);
    [own.username, own.password] = [role, 'x'];
    const [first, again, named] = [await open(t, own.href), await open(t, own.href), await open(t, own.href, 'public')];
    const heard: (string | null)[] = [];
    again.onClientsChanged((key) => heard.push(key));
    await first.clients.create(client('a'));
    await eventually('the change', () => heard.includes('a'));
    assert.equal(await named.clients.get('a'), undefined);
    const [row] = await sql.unsafe(`select count(*)::int as count from "${role}".clients`);
    assert.equal(row!['count'], 1);
  });

  it('do not care for the list that drizzle keeps for another application, and leave it alone', async (t) => {
    const url = await server.createDatabase();
    const sql = connect(t, url);
    await sql.unsafe(`create schema drizzle;
      create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
      insert into drizzle.__drizzle_migrations (hash, created_at) values ('theirs', 9999999999999)`);
    await (await open(t, url)).clients.create(client('a'));
    assert.equal((await sql`select * from drizzle.__drizzle_migrations`).length, 1);
  });

  it('of an earlier Sluice are taken over with what is in them', async (t) => {
    const url = await server.createDatabase();
    const sql = connect(t, url);
    await oldInstall(sql);
    const database = await open(t, url);
    assert.equal((await database.clients.get('old'))!.version, 7);
    assert.ok((await database.clients.create(client('new'))).version > 7);
    await database.close();
    await (await open(t, url)).clients.ping();
  });

  it('of an earlier Sluice beside another application are taken over, and its migrations no longer skipped', async (t) => {
    const url = await server.createDatabase();
    const sql = connect(t, url);
    await oldInstall(sql);
    await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('theirs', 1000)`;
    await (await open(t, url)).clients.ping();
    const left = await sql`select hash from drizzle.__drizzle_migrations`;
    assert.deepEqual(
      left.map(({ hash }) => hash),
      ['theirs'],
    );
  });

  it('of a newer Sluice are refused in one line', async (t) => {
    const url = await server.createDatabase();
    await (await open(t, url)).close();
    const sql = connect(t, url);
    await sql`insert into sluice_migrations (name) values ('9999_future')`;
    await assert.rejects(open(t, url), (error: Error) => {
      assert.match(error.message, /^the schema public was written by a newer Sluice \(9999_future is unknown/);
      return true;
    });
    await assert.rejects(lookAtPostgres(url, null, 5000), CannotOpenDatabase);
  });

  it('are created once when several gateways start at the same time', async (t) => {
    const url = await server.createDatabase();
    const all = await Promise.all(Array.from({ length: 4 }, () => open(t, url, 'own')));
    await all[0]!.clients.create(client('a'));
    assert.ok(await all[3]!.clients.get('a'));
  });

  it('count a change that was made by hand, and a removal', async (t) => {
    const url = await server.createDatabase();
    const database = await open(t, url);
    const { version } = await database.clients.create(client('a'));
    const heard: (string | null)[] = [];
    database.onClientsChanged((key) => heard.push(key));
    const sql = connect(t, url);
    await sql`update clients set capacity = 9`;
    assert.ok((await database.clients.get('a'))!.version > version);
    await sql`delete from clients`;
    await eventually('the removal', () => heard.includes('a'));
  });
});

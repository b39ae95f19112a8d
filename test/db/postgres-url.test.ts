import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { selfSigned } from '../support/self-signed.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

describe('a PostgreSQL server is reached by the URL of libpq', () => {
  let server: PostgresServer;
  let folder: string;
  let url: URL;
  before(async () => {
    server = await startPostgresServer();
    url = new URL(await server.createDatabase());
    folder = await mkdtemp(join(tmpdir(), 'sluice-url-'));
    await writeFile(join(folder, 'ca.pem'), selfSigned.cert);
  });
  after(async () => {
    await server.destroy();
    await rm(folder, { recursive: true });
  });

  const userInfo = (): string => `${url.username}:${url.password}`;

  /** Rejects as openDatabase does. */
  async function opens(given: string): Promise<void> {
    const database = await openDatabase(databaseSettings({ url: given }), { log: keptLog() });
    await database.clients.ping();
    await database.close();
  }

  for (const parameters of [
    '',
    'sslmode=disable',
    'sslmode=allow',
    'sslmode=prefer',
    'sslmode=require',
    'sslmode=require&sslrootcert=CA',
    'sslmode=verify-ca&sslrootcert=CA',
    'sslmode=verify-full&sslrootcert=CA',
    'application_name=a%20b&connect_timeout=3&keepalives_idle=10',
    'options=-c%20work_mem%3D8MB',
    'target_session_attrs=read-write',
    'target_session_attrs=primary&channel_binding=prefer',
  ]) {
    it(`with ${parameters || 'no parameter'}`, () =>
      opens(`${url.href}?${parameters.replace('CA', join(folder, 'ca.pem'))}`));
  }

  it('by its unix socket', () =>
    opens(`postgres://${userInfo()}@/${url.pathname.slice(1)}?host=${server.socketFolder}&port=${server.port}`));

  it('as the second of several hosts, when nothing listens at the first', async () => {
    const closed = await freePort();
    await opens(`postgres://${userInfo()}@127.0.0.1:${closed},127.0.0.1:${server.port}${url.pathname}`);
  });

  it('and what it was asked for arrives: application name, settings, encryption', async (t) => {
    const given = `${url.href}?sslmode=require&application_name=edge%201&options=-c%20work_mem%3D8MB`;
    const database = await openDatabase(databaseSettings({ url: given }), { log: keptLog() });
    t.after(() => database.close());
    const sql = server.sql(url);
    t.after(() => sql.end());
    const sessions = await sql`select ssl from pg_stat_activity join pg_stat_ssl using (pid)
      where application_name = 'edge 1' and datname = ${url.pathname.slice(1)}`;
    assert.ok(sessions.length > 0);
    assert.ok(sessions.every(({ ssl }) => ssl === true));
  });

  for (const [what, change, message] of [
    ['a wrong password', (u: URL) => void (u.password = 'wrong'), /password authentication failed.*; check the user/],
    ['a database that is not there', (u: URL) => void (u.pathname = '/none'), /database "none" does not exist; create/],
    [
      'a certificate of nobody known',
      (u: URL) => void (u.search = 'sslmode=verify-full'),
      /self-signed.*; name the file/,
    ],
  ] as const) {
    it(`and ${what} is reported in one line with its remedy`, async () => {
      const changed = new URL(url);
      change(changed);
      await assert.rejects(opens(changed.href), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n|object Object|wrong/);
        return true;
      });
    });
  }

  it('and when the one in use is gone, another host takes over without a restart', async (t) => {
    const proxies = [await startTcpProxy(server.port), await startTcpProxy(server.port)] as const;
    const [first, second] = proxies;
    t.after(() => second.close());
    const database = await openDatabase(
      databaseSettings({
        url: `postgres://${userInfo()}@127.0.0.1:${first.port},127.0.0.1:${second.port}${url.pathname}`,
      }),
      { log: keptLog(), pingIntervalMs: 50 },
    );
    t.after(() => database.close());
    await first.close();
    await eventually('a query by the second', () =>
      database.clients.ping().then(
        () => true,
        () => false,
      ),
    );
  });

  it('and a standby is passed over for the host that can be written', async (t) => {
    // Every session of this user is read-only, as on a standby.
    const sql = server.sql(url);
    t.after(() => sql.end());
    await sql.unsafe(`create role reader login password 'x'; alter role reader set default_transaction_read_only = on`);
    await assert.rejects(
      opens(`postgres://reader:x@127.0.0.1:${server.port}${url.pathname}?target_session_attrs=read-write`),
      /it is not read-write, as target_session_attrs demands/,
    );
  });
});

/** PostgreSQL behind pgbouncer, where each transaction may have another session. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import type { Database } from '../../src/database/database-port.ts';
import type { NewClient } from '../../src/limits/client-store.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { missing } from '../support/installed.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPgbouncer, type Pgbouncer } from '../support/pgbouncer.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';

const LIMIT = { algorithm: 'token-bucket', capacity: 1, ratePerSecond: 1, windowSeconds: null } as const;
const client = (key: string): NewClient => ({ key, kind: 'id', name: key, ...LIMIT, enabled: true, apiKeyHash: null });

describe('behind pgbouncer in transaction mode', { skip: missing('pgbouncer', 'pgbouncer') }, () => {
  let server: PostgresServer;
  let pooler: Pgbouncer;
  let url: string;
  before(async () => {
    server = await startPostgresServer();
    const direct = await server.createDatabase();
    pooler = await startPgbouncer(direct);
    url = pooler.urlOf(direct);
  });
  after(async () => {
    await pooler?.stop();
    await server.destroy();
  });

  async function open(t: TestContext, schema: string): Promise<Database> {
    const settings = databaseSettings({ url, schema });
    // The pooler may still be starting.
    let database: Database | undefined;
    await eventually('the pooler', async () => {
      database = await openDatabase(settings, { log: keptLog(), pingIntervalMs: 50 }).catch(() => undefined);
      return database !== undefined;
    });
    t.after(() => database!.close());
    return database!;
  }

  it('every query gets its own rows, whatever the number at a time', async (t) => {
    const all = await Promise.all([open(t, 'rows'), open(t, 'rows')]);
    const keys = Array.from({ length: 40 }, (_, at) => `client-${at}`);
    for (const key of keys) await all[0].clients.create(client(key));
    for (let round = 0; round < 5; round += 1) {
      const found = await Promise.all(keys.map((key, at) => all[at % 2]!.clients.get(key)));
      assert.deepEqual(
        found.map((row) => [row?.key, row?.name]),
        keys.map((key) => [key, key]),
      );
    }
  });

  it('a change by another gateway arrives without notifications', async (t) => {
    const [here, there] = await Promise.all([open(t, 'changes'), open(t, 'changes')]);
    const heard: (string | null)[] = [];
    here.onClientsChanged((key) => heard.push(key));
    await there.clients.create(client('a'));
    await eventually('the change', () => heard.includes('a'));
  });

  it('an export and an import work', async (t) => {
    const database = await open(t, 'transfer');
    await database.clients.create(client('a'));
    const rows: string[] = [];
    await database.transfer.read(async (page) => void rows.push(...page.map(({ json }) => json)));
    const records = rows.map((json) => ({ type: 'client', row: JSON.parse(json) }) as const);
    await database.transfer.write(
      (async function* () {
        yield* records;
      })(),
      'replace',
    );
    assert.equal((await database.clients.get('a'))?.name, 'a');
  });
});

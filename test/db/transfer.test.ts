/** Export and import, between the two kinds of database and within one. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { getTableColumns } from '../../drizzle/orm.ts';
import { openDatabase } from '../../drizzle/open-database.ts';
import { postgresTables } from '../../drizzle/postgres/postgres-tables.ts';
import { ROW_SCHEMAS } from '../../src/cli/db/transfer-row.ts';
import type { Database } from '../../src/database/database-port.ts';
import type { NewClient } from '../../src/limits/client-store.ts';
import type { ImportMode, TransferRecord } from '../../src/database/transfer.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

const ALICE: NewClient = {
  key: 'alice',
  kind: 'id',
  name: 'Alice & "Söhne"\n\\',
  capacity: 1e9,
  ratePerSecond: 0.1 + 0.2,
  algorithm: 'token-bucket',
  windowSeconds: null,
  enabled: false,
  apiKeyHash: 'a'.repeat(64),
};
const OFFICE: NewClient = { ...ALICE, key: '10.0.0.0/8', kind: 'cidr', name: null, apiKeyHash: null, enabled: true };
const BACKEND: TransferRecord = {
  type: 'backend',
  row: {
    id: 'b1',
    pool: 'default',
    url: 'http://127.0.0.1:1',
    weight: 3,
    enabled: null,
    draining: true,
    backup: null,
    max_in_flight: null,
    version: 4,
    created_at: '2026-01-31T12:00:00.123456Z',
    updated_at: '2026-01-31T12:00:00Z',
  },
};

const byText = (one: string, other: string): number => (one < other ? -1 : 1);

async function exported(database: Database): Promise<TransferRecord[]> {
  const records: TransferRecord[] = [];
  await database.transfer.read(async (rows) => {
    for (const { type, json } of rows) records.push({ type, row: JSON.parse(json) });
  });
  return records;
}

/** A version is never reused: imported rows get new ones. */
function unversioned(records: readonly TransferRecord[]): unknown[] {
  return records.map(({ type, row }) => ({ type, row: { ...row, version: undefined } }));
}

async function* asStream(records: readonly TransferRecord[]): AsyncIterable<TransferRecord> {
  yield* records;
}

const load = (database: Database, records: readonly TransferRecord[], mode: ImportMode = 'merge') =>
  database.transfer.write(asStream(records), mode);

async function fill(database: Database): Promise<void> {
  await database.clients.create(ALICE);
  await database.clients.create(OFFICE);
  await database.clients.update('alice', { capacity: 1.5 });
  await database.clients.saveLevels([{ key: 'alice', tokens: 1 / 3, savedAt: new Date() }]);
  await load(database, [BACKEND]);
  const call = { actor: 'jo', role: null, address: '::1', action: 'x', target: null, status: 200, requestId: 'r' };
  const entry = { ...call, gateway: 'gw-1' };
  await database.audit.append([
    { ...entry, at: new Date(1), before: null, after: { deep: [0.1, null, 'é'] } },
    { ...entry, at: new Date(2), before: 'text', after: null },
  ]);
}

const {
  auditLog,
  backends,
  bucketLevels,
  clients,
  fleetSecrets,
  acmeCertificates,
  acmeAccounts,
  uploadedCertificates,
  pushedMembers,
  quotaUses,
  circuitOrders,
} = postgresTables('public');

describe('every row', () => {
  for (const [type, table] of Object.entries({
    client: clients,
    backend: backends,
    level: bucketLevels,
    audit: auditLog,
    secret: fleetSecrets,
    certificate: acmeCertificates,
    account: acmeAccounts,
    upload: uploadedCertificates,
    pushed: pushedMembers,
    quota: quotaUses,
    order: circuitOrders,
  })) {
    it(`of type ${type} has the columns of its table`, () => {
      const columns = Object.values(getTableColumns(table)).map(({ name }): string => name);
      assert.deepEqual(
        Object.keys(ROW_SCHEMAS[type as 'client']['properties'] as object).toSorted(byText),
        columns.toSorted(byText),
      );
    });
  }
});

describe('the export', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  async function openBoth(t: TestContext): Promise<readonly [Database, Database]> {
    const log = keptLog();
    const postgres = await openDatabase(databaseSettings({ url: await server.createDatabase() }), { log });
    t.after(() => postgres.close());
    const embedded = await openDatabase(databaseSettings({ dataDir: temporaryFolder(t) }), { log });
    t.after(() => embedded.close());
    return [postgres, embedded];
  }

  it('comes back the same from the other kind of database, to the last bit, and from the first again', async (t) => {
    const [postgres, embedded] = await openBoth(t);
    await fill(postgres);
    const there = await exported(postgres);
    assert.deepEqual(
      there.map(({ type }) => type),
      ['client', 'client', 'backend', 'level', 'audit', 'audit'],
    );
    await load(embedded, there);
    assert.deepEqual(unversioned(await exported(embedded)), unversioned(there));
    await load(postgres, await exported(embedded));
    assert.deepEqual(unversioned(await exported(postgres)), unversioned(there));
    assert.equal((await embedded.clients.get('alice'))?.ratePerSecond, 0.1 + 0.2);
  });

  it('is put over what is there by a merge, with a version that no gateway has seen', async (t) => {
    for (const database of await openBoth(t)) {
      await fill(database);
      const there = await exported(database);
      const changed = await database.clients.update('alice', { capacity: 9 });
      await database.clients.create({ ...OFFICE, key: 'bob', kind: 'id' });
      await load(database, there);
      const alice = await database.clients.get('alice');
      assert.equal(alice?.capacity, 1.5);
      assert.ok(alice.version > changed!.version);
      assert.ok(await database.clients.get('bob'), 'not in the file, and kept');
    }
  });

  it('is all there is after a replacement, but for the audit log', async (t) => {
    for (const database of await openBoth(t)) {
      await fill(database);
      const there = await exported(database);
      const changed = await database.clients.update('alice', { capacity: 9, apiKeyHash: null });
      await database.clients.create({ ...OFFICE, key: 'bob', kind: 'id', apiKeyHash: ALICE.apiKeyHash });
      await database.clients.saveLevels([{ key: '10.0.0.0/8', tokens: 1, savedAt: new Date() }]);
      await load(
        database,
        there.filter(({ type }) => type !== 'audit'),
        'replace',
      );
      assert.equal(await database.clients.get('bob'), undefined);
      assert.deepEqual(
        (await exported(database)).map(({ type }) => type),
        there.map(({ type }) => type),
      );
      const alice = await database.clients.get('alice');
      assert.deepEqual([alice?.capacity, alice?.apiKeyHash], [1.5, ALICE.apiKeyHash]);
      assert.ok(alice!.version > changed!.version);
    }
  });

  it('leaves everything as it was when it cannot be put in', async (t) => {
    for (const database of await openBoth(t)) {
      await fill(database);
      const there = await exported(database);
      const taken = structuredClone(there[1]!);
      (taken.row as Record<string, unknown>)['key'] = 'bob';
      const broken = async function* (): AsyncIterable<TransferRecord> {
        yield BACKEND;
        throw new Error('the file ends');
      };
      await assert.rejects(load(database, [BACKEND, taken]), { code: 'GW_CLIENT_EXISTS' });
      await assert.rejects(database.transfer.write(broken(), 'replace'), /the file ends/);
      assert.deepEqual(await exported(database), there);
      assert.ok(database.isAvailable());
    }
  });

  it('may be more than a page of each', async (t) => {
    const [postgres, embedded] = await openBoth(t);
    const base = { name: null, capacity: 1, rate_per_second: 1, algorithm: 'token-bucket', window_seconds: null };
    const dates = { version: 1, created_at: '2026-01-01T00:00:00+00:00', updated_at: '2026-01-01T00:00:00+00:00' };
    const many = Array.from({ length: 2500 }, (_, at): TransferRecord => {
      const key = `c${String(at).padStart(4, '0')}`;
      return { type: 'client', row: { key, kind: 'id', ...base, enabled: true, api_key_hash: null, ...dates } };
    });
    await load(embedded, many);
    await load(postgres, await exported(embedded), 'replace');
    // Made by a version without quotas of clients.
    const now = many.map(({ type, row }) => ({ type, row: { ...row, quota_day: null, quota_month: null } }));
    assert.deepEqual(unversioned(await exported(postgres)), unversioned(now));
  });
});

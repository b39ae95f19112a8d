/** `sluice backup` and `sluice restore` as users run them: a gateway is lost, and made again from one file. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import type { DatabaseSettings } from '../../src/config/settings.ts';
import type { TransferRecord } from '../../src/database/transfer.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

const AT = '2026-01-31T12:00:00.123456Z';
const DATES = { version: 1, created_at: AT, updated_at: AT };
const CONFIG = `# as it was written
pools: { default: { backends: [{ url: "http://127.0.0.1:1" }] } }
routes: [{ pool: default }, { path: /page, respond: { status: 200, file: page.html } }]
admin: { token: "\${TOKEN:-}" }
`;
const RECORDS: readonly TransferRecord[] = [
  {
    type: 'client',
    row: {
      key: 'alice',
      kind: 'id',
      name: 'Alice "Söhne"',
      capacity: 5,
      rate_per_second: 0.1 + 0.2,
      algorithm: 'token-bucket',
      window_seconds: null,
      enabled: true,
      api_key_hash: 'a'.repeat(64),
      quota_day: 7,
      quota_month: null,
      ...DATES,
    },
  },
  {
    type: 'backend',
    row: {
      id: 'b1',
      pool: 'default',
      url: 'http://127.0.0.1:2',
      weight: 3,
      enabled: null,
      draining: true,
      backup: null,
      max_in_flight: null,
      ...DATES,
    },
  },
  { type: 'level', row: { gateway: 'gw', key: 'alice', tokens: 2.5, saved_at: AT } },
  { type: 'secret', row: { name: 'sticky', value: 'the secret of cookies', created_at: AT } },
  {
    type: 'certificate',
    row: {
      id: 'c1',
      hosts: ['a.example', 'b.example'],
      issuer: 'letsencrypt',
      challenge: 'http-01',
      chain_pem: 'chain',
      key_encrypted: 'encrypted',
      error: null,
      failures: 0,
      attempts: [1, 2],
      next_attempt_at: null,
      is_renewal_requested: false,
      renewal_start: AT,
      renewal_end: null,
      renewal_check_at: null,
      order_issuer: null,
      order_url: null,
      order_key_encrypted: null,
      lease_owner: null,
      lease_until: null,
      used_at: null,
      version: 1,
    },
  },
  {
    type: 'account',
    row: { id: 'acc', url: 'https://ca.example/1', key_encrypted: 'k', next_key_encrypted: null, created_at: AT },
  },
  { type: 'upload', row: { id: 'u1', hosts: ['u.example'], chain_pem: 'chain', key_encrypted: 'k', ...DATES } },
  {
    type: 'pushed',
    row: { pool: 'web', members: [{ address: '10.0.0.1', port: 80 }], ttl_seconds: 30, pushed_at: AT, version: 1 },
  },
  { type: 'pushed', row: { pool: 'zone', members: null, ttl_seconds: null, pushed_at: AT, version: 1 } },
  { type: 'quota', row: { id: 'day alice', period: 20_000, used: 7, ends_at: AT } },
  { type: 'order', row: { backend: 'b1', until: '2999-01-31T12:00:00.123456Z', ordered_at: AT, version: 1 } },
  { type: 'order', row: { backend: 'b2', until: null, ordered_at: AT, version: 1 } },
];

async function sluice(cwd: string, args: readonly string[], url: string | null = null) {
  const printed = { out: '', err: '' };
  const code = await runCommand(args, {
    cwd,
    env: url === null ? {} : { DATABASE_URL: url },
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    runGateway: async () => assert.fail('nothing is to run'),
  });
  return { code, ...printed };
}

async function fill(settings: DatabaseSettings): Promise<void> {
  const database = await openDatabase(settings, { log: keptLog() });
  const all = async function* (): AsyncIterable<TransferRecord> {
    yield* RECORDS;
  };
  await database.transfer.write(all(), 'merge');
  await database.close();
}

/** Without the audit log, which says that there was a restore, and versions, which are never used twice. */
async function contents(settings: DatabaseSettings): Promise<unknown[]> {
  const database = await openDatabase(settings, { log: keptLog() });
  const rows: unknown[] = [];
  await database.transfer.read(async (page) => {
    for (const { type, json } of page) {
      const { version: _, ...row } = JSON.parse(json) as Record<string, unknown>;
      if (type !== 'audit') rows.push({ type, row });
    }
  });
  await database.close();
  return rows;
}

describe('a gateway that is lost', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  /** A folder with a configuration, and its database. */
  async function gateway(t: TestContext, kind: 'postgres' | 'embedded') {
    const cwd = temporaryFolder(t);
    const url = kind === 'postgres' ? await server.createDatabase() : null;
    const settings = databaseSettings(url === null ? { dataDir: join(cwd, 'data') } : { url });
    await fill(settings);
    writeFileSync(join(cwd, 'sluice.yaml'), CONFIG);
    writeFileSync(join(cwd, 'page.html'), 'page');
    return { cwd, url, settings };
  }

  /** A backup in an empty folder. */
  async function backup(t: TestContext, kind: 'postgres' | 'embedded') {
    const { cwd, url, settings } = await gateway(t, kind);
    const { code, out, err } = await sluice(cwd, ['backup', 'all.backup'], url);
    assert.equal(code, 0, err);
    assert.match(
      out,
      /^backed up: sluice\.yaml, 1 client, 1 backend, 1 bucket level, 0 audit entries, 2 certificates, 2 orders for circuits, 2 pushed lists of members\n/,
    );
    assert.match(out, /\nnot in it, keep a copy: page\.html\n$/);
    const { out: json } = await sluice(cwd, ['backup', 'again.backup', '--json'], url);
    const report = JSON.parse(json) as { config: string; client: number; not_included: string[] };
    assert.deepEqual([report.config, report.client, report.not_included], ['sluice.yaml', 1, ['page.html']]);
    assert.equal(statSync(join(cwd, 'all.backup')).mode & 0o777, 0o600);
    assert.ok(!existsSync(join(cwd, 'all.backup.rows')));
    const empty = temporaryFolder(t);
    const bytes = readFileSync(join(cwd, 'all.backup'));
    writeFileSync(join(empty, 'all.backup'), bytes);
    writeFileSync(join(empty, 'page.html'), 'page');
    return { empty, bytes, rows: await contents(settings) };
  }

  for (const [from, to] of [
    ['postgres', 'embedded'],
    ['embedded', 'postgres'],
    ['embedded', 'embedded'],
    ['postgres', 'postgres'],
  ] as const) {
    it(`is the same again after a restore, from ${from} to ${to}`, async (t) => {
      const { empty, rows } = await backup(t, from);
      const url = to === 'postgres' ? await server.createDatabase() : null;
      const restored = await sluice(empty, ['restore', 'all.backup', ...(url === null ? [] : ['--database', url])]);
      assert.equal(restored.code, 0, restored.err);
      assert.match(restored.out, /^restored: sluice\.yaml, 1 client, 1 backend, /);
      if (to === 'embedded') assert.equal(restored.err, '');
      const target = databaseSettings(url === null ? { dataDir: join(empty, 'data') } : { url });
      assert.deepEqual(await contents(target), rows);
      assert.equal(readFileSync(join(empty, 'sluice.yaml'), 'utf8'), CONFIG);
      assert.equal(statSync(join(empty, 'sluice.yaml')).mode & 0o777, 0o600);
    });
  }

  it('is not made from a damaged, shortened or newer file, and nothing is changed', async (t) => {
    const { empty, bytes } = await backup(t, 'embedded');
    const broken = join(empty, 'broken.backup');
    const text = bytes.toString('utf8');
    const flipped = (at: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[at]! ^= 1;
      return copy;
    };
    const rowsAt = bytes.indexOf(10) + 1;
    const files: readonly (Buffer | string)[] = [
      '',
      'something else\n',
      text.replace('"version":1', '"version":2'),
      ...[0, 20, 60, 200, rowsAt - 2, rowsAt, rowsAt + 200, bytes.length - 2].map(flipped),
      ...[1, rowsAt - 1, rowsAt, rowsAt + 100, bytes.length - 1].map((length) => bytes.subarray(0, length)),
      Buffer.concat([bytes, Buffer.from('{}\n')]),
    ];
    for (const [at, content] of files.entries()) {
      writeFileSync(broken, content);
      const { code, err } = await sluice(empty, ['restore', 'broken.backup']);
      assert.equal(code, 1, `file ${at} was restored`);
      assert.match(err, /not a file of sluice backup|is not supported|is damaged|are damaged/, `file ${at}`);
      assert.deepEqual([existsSync(join(empty, 'sluice.yaml')), existsSync(join(empty, 'data'))], [false, false]);
    }
  });

  it('needs the files that its configuration names, and says which are not as they were', async (t) => {
    const { empty } = await backup(t, 'embedded');
    rmSync(join(empty, 'page.html'));
    const first = await sluice(empty, ['restore', 'all.backup']);
    assert.equal(first.code, 2);
    assert.match(first.err, /routes\.1\.respond\.file: "page\.html" cannot be read: the file does not exist/);
    assert.deepEqual([existsSync(join(empty, 'sluice.yaml')), existsSync(join(empty, 'data'))], [false, false]);
    writeFileSync(join(empty, 'page.html'), 'another page');
    const second = await sluice(empty, ['restore', 'all.backup']);
    assert.equal(second.code, 0, second.err);
    assert.equal(second.err, 'page.html: not as it was when the backup was made\n');
  });

  it('overwrites no configuration and no database that is not empty, unless told how', async (t) => {
    const { empty, rows } = await backup(t, 'embedded');
    writeFileSync(join(empty, 'sluice.yaml'), 'mine');
    const first = await sluice(empty, ['restore', 'all.backup']);
    assert.equal(first.code, 1);
    assert.match(first.err, /sluice\.yaml already exists; move it away, or name another with --config\n$/);
    assert.ok(!existsSync(join(empty, 'data')));
    const target = databaseSettings({ dataDir: join(empty, 'data') });
    await fill(target);
    const full = await sluice(empty, ['restore', 'all.backup', '--config', 'new.yaml']);
    assert.equal(full.code, 1);
    assert.match(full.err, /the database already has clients, backends or certificates; nothing was restored/);
    assert.ok(!existsSync(join(empty, 'new.yaml')));
    const told = await sluice(empty, ['restore', 'all.backup', '--config', 'new.yaml', '--mode', 'replace']);
    assert.equal(told.code, 0, told.err);
    assert.deepEqual(await contents(target), rows);
    assert.equal(readFileSync(join(empty, 'sluice.yaml'), 'utf8'), 'mine');
  });

  it('keeps the later one of two orders for a circuit, and after a replacement those of the file only', async (t) => {
    const order = (backend: string, until: string | null, at: string): TransferRecord => ({
      type: 'order',
      row: { backend, until, ordered_at: at, version: 1 },
    });
    const [early, late] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'];
    const end = '2999-01-01T00:00:00Z';
    for (const url of [null, await server.createDatabase()]) {
      const settings = databaseSettings(url === null ? { dataDir: join(temporaryFolder(t), 'data') } : { url });
      const database = await openDatabase(settings, { log: keptLog() });
      t.after(() => database.close());
      const put = (mode: 'merge' | 'replace', ...records: readonly TransferRecord[]): Promise<void> =>
        database.transfer.write(
          (async function* () {
            yield* records;
          })(),
          mode,
        );
      const open = async (): Promise<readonly string[]> =>
        (await database.circuitOrders.all())
          .filter(({ secondsLeft }) => secondsLeft !== null && secondsLeft > 0)
          .map(({ backend }) => backend);
      await put('merge', order('a', end, late), order('b', end, early));
      await put('merge', order('a', null, early), order('b', null, late), order('c', end, early));
      assert.deepEqual(await open(), ['a', 'c']);
      const before = (await database.circuitOrders.all()).map(({ version }) => version);
      await put('replace', order('b', end, early));
      assert.deepEqual(await open(), ['b']);
      const after = (await database.circuitOrders.all()).map(({ version }) => version);
      assert.ok(Math.min(...after) > Math.max(...before), 'running gateways learn of every one');
    }
  });
});

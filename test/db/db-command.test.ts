/** `sluice db` as users run it, on real databases. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

async function sluice(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  const printed = { out: '', err: '' };
  const code = await runCommand(['db', ...args], {
    cwd,
    env,
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    runGateway: async () => assert.fail('nothing is to run'),
  });
  return { code, ...printed };
}

const CLIENT = {
  key: 'alice',
  kind: 'id',
  name: null,
  capacity: 5,
  ratePerSecond: 1,
  algorithm: 'token-bucket',
  windowSeconds: null,
  enabled: true,
  apiKeyHash: null,
} as const;

describe('sluice db', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  it('carries a database from PostgreSQL into the embedded one, and says so in its audit log', async (t) => {
    const cwd = temporaryFolder(t);
    const url = await server.createDatabase();
    const source = await openDatabase(databaseSettings({ url }), { log: keptLog() });
    await source.clients.create(CLIENT);
    await source.close();

    const file = join(cwd, 'all.ndjson');
    const exported = await sluice(cwd, ['export', 'all.ndjson'], { DATABASE_URL: url });
    assert.deepEqual(exported, {
      code: 0,
      out: 'exported: 1 client, 0 backends, 0 bucket levels, 0 audit entries\n',
      err: '',
    });
    assert.equal(statSync(file).mode & 0o777, 0o600, 'it holds hashes of API keys');
    assert.ok(!existsSync(`${file}.part`));

    const imported = await sluice(cwd, ['import', 'all.ndjson', '--data-dir', 'data', '--json']);
    assert.equal(imported.code, 0, imported.err);
    const counts = { client: 1, backend: 0, level: 0, audit: 0 };
    assert.deepEqual(JSON.parse(imported.out), { file: 'all.ndjson', mode: 'merge', ...counts });
    const target = await openDatabase(databaseSettings({ dataDir: join(cwd, 'data') }), { log: keptLog() });
    t.after(() => target.close());
    assert.equal((await target.clients.get('alice'))?.capacity, 5);
    const [entry] = await target.audit.list({ limit: 10 });
    assert.deepEqual([entry?.actor, entry?.action], ['cli', 'importDatabase']);
    assert.deepEqual(entry?.after, { file: 'all.ndjson', mode: 'merge', ...counts });

    const locked = await sluice(cwd, ['export']);
    assert.equal(locked.code, 1);
    assert.match(locked.err, /data is already in use by process \d+; stop the gateway that runs on it first\n$/);
    assert.equal(locked.out, '');
  });

  it('writes to standard output, and the outcome beside it', async (t) => {
    const { code, out, err } = await sluice(temporaryFolder(t), ['export', '--json'], {
      DATABASE_URL: await server.createDatabase(),
    });
    assert.equal(code, 0);
    assert.deepEqual(
      out.split('\n').map((line) => (line === '' ? '' : (JSON.parse(line).format ?? JSON.parse(line).type))),
      ['sluice-export', 'end', ''],
    );
    assert.deepEqual(JSON.parse(err), { file: '-', client: 0, backend: 0, level: 0, audit: 0 });
  });

  it('imports nothing of a file with a mistake, and reports each with its line', async (t) => {
    const cwd = temporaryFolder(t);
    const env = { DATABASE_URL: await server.createDatabase() };
    await sluice(cwd, ['export', 'a'], env);
    const [header] = readFileSync(join(cwd, 'a'), 'utf8').split('\n');
    writeFileSync(join(cwd, 'a'), `${header}\n{"type":"level","key":"x","tokens":-1,"saved_at":"now"}\nnonsense\n`);
    const { code, out, err } = await sluice(cwd, ['import', 'a'], env);
    assert.equal(code, 1);
    assert.equal(out, '');
    assert.match(
      err,
      /^a: line 2: tokens: .*; saved_at: .*\na: line 3: not a JSON object\na: line 4: the end is missing/,
    );
    assert.match(err, /3 problems found; nothing was imported\n$/);
  });

  it('says what is wrong with a file or a database that is not there', async (t) => {
    const cwd = temporaryFolder(t);
    assert.match((await sluice(cwd, ['export'])).err, /no database found in .*data\n/);
    assert.match((await sluice(cwd, ['import', 'nope'])).err, /no such file/);
    const away = await sluice(cwd, ['export', 'x'], { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/d' });
    assert.equal(away.code, 1);
    assert.match(away.err, /cannot open the database at 127\.0\.0\.1:1/);
    assert.doesNotMatch(away.err, /hunter2/);
    assert.ok(!existsSync(join(cwd, 'x')) && !existsSync(join(cwd, 'x.part')));
  });

  it('refuses a command line that it does not understand', async (t) => {
    const cwd = temporaryFolder(t);
    for (const [args, message] of [
      [[], /no action; allowed: export, import/],
      [['drop'], /unknown action 'drop'; allowed: export, import/],
      [['import'], /import: no file; allowed: FILE/],
      [['import', '-'], /found -; allowed: FILE, because it is read twice/],
      [['import', 'a', 'b'], /import: found 2 files; allowed: one/],
      [['import', 'a', '--mode', 'overwrite'], /found "overwrite"; allowed: merge, replace/],
      [['export', '--mode', 'merge'], /--mode is for import/],
      [['export', '--jsno'], /unknown flag --jsno; did you mean --json\?/],
    ] as const) {
      const { code, err } = await sluice(cwd, args);
      assert.equal(code, 2, args.join(' '));
      assert.match(err, message);
    }
    assert.equal((await sluice(cwd, ['export', '--config', 'nope.yaml'])).code, 2);
    assert.match((await sluice(cwd, ['--help'])).out, /sluice db export \[FILE\|-\] \| import FILE/);
  });
});

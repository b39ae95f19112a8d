import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Availability } from '../../drizzle/availability.ts';
import { ClientRepository } from '../../drizzle/client-repository.ts';
import { DataFolderLocked } from '../../drizzle/data-folder-lock.ts';
import { DatabaseLink } from '../../drizzle/database-link.ts';
import { embeddedEngine } from '../../drizzle/embedded-engine.ts';
import { createRound } from '../../drizzle/keep-connected.ts';
import { openDatabase } from '../../drizzle/open-database.ts';
import type { Database } from '../../src/state/database.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { keptLog } from '../support/kept-log.ts';

const holder = fileURLToPath(new URL('../support/hold-data-folder.ts', import.meta.url));

describe('the embedded database', () => {
  let root: string;
  before(async () => (root = await mkdtemp(join(tmpdir(), 'sluice-embedded-'))));
  after(() => rm(root, { recursive: true }));

  async function open(dataDir: string): Promise<Database> {
    return openDatabase(databaseSettings({ dataDir }), { log: keptLog() });
  }

  function start(t: TestContext, dataDir: string, key: string): ChildProcess {
    const child = spawn(process.execPath, [holder, dataDir, key], { stdio: 'pipe' });
    t.after(() => child.kill('SIGKILL'));
    return child;
  }

  it('makes the folder and its parents, and has its rows again when opened again', async () => {
    const dataDir = join(root, 'not', 'there', 'yet');
    const first = await open(dataDir);
    assert.equal(first.mode, 'embedded');
    assert.equal(first.isAvailable(), true);
    await first.clients.create({
      key: 'kept',
      kind: 'id',
      name: null,
      capacity: 1,
      algorithm: 'token-bucket',
      ratePerSecond: 1,
      windowSeconds: null,
      enabled: true,
      apiKeyHash: null,
    });
    await first.close();
    assert.deepEqual(await readdir(dataDir), ['pglite'], 'no lock is left behind');
    await assert.rejects(first.clients.get('kept'), { code: 'GW_DATABASE_UNAVAILABLE' });

    const second = await open(dataDir);
    assert.equal((await second.clients.get('kept'))?.key, 'kept');
    await second.close();
  });

  it('is refused to a second opening in the same process', async () => {
    const dataDir = join(root, 'twice');
    const first = await open(dataDir);
    await assert.rejects(open(dataDir), DataFolderLocked);
    await first.close();
  });

  it('is refused to a second process, which exits with the first one’s id', async (t) => {
    const dataDir = join(root, 'two-processes');
    const first = start(t, dataDir, 'first');
    await once(first.stdout!, 'data');
    const second = start(t, dataDir, 'second');
    const [[said], [code]] = await Promise.all([once(second.stderr!, 'data'), once(second, 'exit')]);
    assert.equal(String(said), `data folder ${dataDir} is already in use by process ${first.pid}`);
    assert.equal(code, 1);

    first.stdin!.end();
    assert.deepEqual(await once(first, 'exit'), [0, null], 'the first one stops by itself once closed');
  });

  it('is taken over from a process that was killed, with every acknowledged row', async (t) => {
    const dataDir = join(root, 'killed');
    const first = start(t, dataDir, 'first');
    await once(first.stdout!, 'data');
    first.kill('SIGKILL');
    await once(first, 'exit');
    assert.ok((await readdir(dataDir)).includes('sluice.lock'), 'the lock is stale');
    const database = await open(dataDir);
    t.after(() => database.close());
    assert.equal((await database.clients.get('first'))?.key, 'first');
  });

  it('fails to open with a reason, and leaves no lock, when the folder holds something else', async () => {
    const dataDir = join(root, 'rubbish');
    await open(dataDir).then((database) => database.close());
    await writeFile(join(dataDir, 'pglite', 'PG_VERSION'), '9\n');
    await assert.rejects(open(dataDir), /cannot open the database at .*rubbish/);
    assert.deepEqual(await readdir(dataDir), ['pglite']);
  });

  it('is started again when its worker dies', async (t) => {
    const engine = await embeddedEngine(join(root, 'dies'));
    const availability = new Availability();
    const link = new DatabaseLink({ connect: () => engine.connect(), availability, deadlineMs: 5_000 });
    t.after(() => link.close().then(() => engine.stop()));
    engine.onLost((reason) => link.shut(reason));
    const round = createRound({
      engine,
      link,
      onClientsChanged: () => {},
      onBackendsChanged: () => {},
      migrationDeadlineMs: 60_000,
    });
    const store = new ClientRepository(link, engine.dialect);
    await round();
    await store.ping();

    await engine.restart();
    assert.equal(availability.isAvailable, false);
    await assert.rejects(store.ping(), { code: 'GW_DATABASE_UNAVAILABLE' });

    await round();
    assert.equal(availability.isAvailable, true);
    await store.ping();
  });

  it('keeps the control thread free: no turn of its event loop takes long', async (t) => {
    const { monitorEventLoopDelay } = await import('node:perf_hooks');
    const database = await open(join(root, 'loop'));
    t.after(() => database.close());
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await Promise.all(Array.from({ length: 300 }, () => database.clients.list({ limit: 1000, offset: 0 })));
    delay.disable();
    assert.ok(delay.max / 1e6 < 250, `longest turn ${delay.max / 1e6} ms`);
  });
});

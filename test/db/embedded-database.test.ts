/** The file of the embedded database: who has it, who may read it, and the messages when something is wrong with it. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DataFolderLocked } from '../../drizzle/cannot-open-database.ts';
import { openDatabase, type OpenOptions } from '../../drizzle/open-database.ts';
import type { NewClient } from '../../src/limits/client-store.ts';
import type { Database } from '../../src/database/database-port.ts';
import { smallDisk } from '../../tools/chaos/small-disk.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { keptLog } from '../support/kept-log.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

const holder = fileURLToPath(new URL('../support/hold-data-folder.ts', import.meta.url));
const AWAY = { code: 'GW_DATABASE_UNAVAILABLE' };
/** Any user of this machine except root. */
const SOMEBODY = 65_534;

function client(key: string): NewClient {
  const limit = { algorithm: 'token-bucket', capacity: 1, ratePerSecond: 1, windowSeconds: null } as const;
  return { key, kind: 'id', name: null, ...limit, enabled: true, apiKeyHash: null };
}

async function open(t: TestContext, dataDir: string, options: Partial<OpenOptions> = {}): Promise<Database> {
  const database = await openDatabase(databaseSettings({ dataDir }), { log: keptLog(), ...options });
  t.after(() => database.close());
  return database;
}

function lastFailure(log: ReturnType<typeof keptLog>): string {
  return String((log.lines.at(-1)!.details as { reason?: string }).reason);
}

async function whyNot(dataDir: string): Promise<string> {
  const outcome = await openDatabase(databaseSettings({ dataDir }), { log: keptLog() }).then(
    () => assert.fail('it opened'),
    (error: Error) => error,
  );
  assert.match(outcome.name, /^(CannotOpenDatabase|DataFolderLocked)$/, 'printed without a stack');
  return outcome.message;
}

/** A process that opens it, adds a client named `key`, and waits for the end of its input. */
function start(t: TestContext, dataDir: string, key: string, as: { uid?: number; gid?: number } = {}): ChildProcess {
  const child = spawn(process.execPath, [holder, dataDir, key], { stdio: 'pipe', ...as });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function refusal(child: ChildProcess): Promise<string> {
  const [[said], [code]] = await Promise.all([once(child.stderr!, 'data'), once(child, 'exit')]);
  assert.equal(code, 1);
  return String(said);
}

const permissions = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the file of the embedded database', () => {
  it('is made with its folder and its parents, and has its rows again when opened again', async (t) => {
    const dataDir = join(temporaryFolder(t), 'not', 'there', 'yet');
    const first = await open(t, dataDir);
    assert.deepEqual([first.mode, first.isAvailable()], ['embedded', true]);
    await first.clients.create(client('kept'));
    await first.close();
    assert.deepEqual(readdirSync(dataDir), ['sluice.db'], 'its log is in it, and no lock is left behind');
    await assert.rejects(first.clients.get('kept'), AWAY);

    const second = await open(t, dataDir);
    assert.equal((await second.clients.get('kept'))?.key, 'kept');
  });

  it('can be read by its user alone, whatever the umask, and so can its folder', async (t) => {
    const dataDir = join(temporaryFolder(t), 'a', 'data');
    const before = process.umask(0);
    t.after(() => process.umask(before));
    const database = await open(t, dataDir);
    await database.clients.create(client('secret'));
    assert.deepEqual(readdirSync(dataDir), ['sluice.db', 'sluice.db-wal']);
    assert.deepEqual(
      ['..', '.', 'sluice.db', 'sluice.db-wal'].map((name) => permissions(join(dataDir, name))),
      ['700', '700', '600', '600'],
    );
    await database.close();

    chmodSync(join(dataDir, 'sluice.db'), 0o666);
    const again = await open(t, dataDir);
    await again.clients.create(client('another'));
    assert.deepEqual(
      readdirSync(dataDir).map((name) => permissions(join(dataDir, name))),
      ['600', '600'],
      'a copy restored with too open permissions is fixed',
    );
  });

  it('is refused to a second opening in the same process', async (t) => {
    const dataDir = temporaryFolder(t);
    await open(t, dataDir);
    await assert.rejects(openDatabase(databaseSettings({ dataDir }), { log: keptLog() }), DataFolderLocked);
  });

  it('is refused to a second process, which ends and names the first', async (t) => {
    const dataDir = temporaryFolder(t);
    const first = start(t, dataDir, 'first');
    await once(first.stdout!, 'data');
    const who = process.platform === 'linux' ? `process ${first.pid}` : 'another process';
    assert.equal(await refusal(start(t, dataDir, 'second')), `data folder ${dataDir} is already in use by ${who}`);
    first.stdin!.end();
    assert.deepEqual(await once(first, 'exit'), [0, null], 'the first one stops by itself once closed');
  });

  it('stays with a process that hangs', async (t) => {
    const dataDir = temporaryFolder(t);
    const first = start(t, dataDir, 'first');
    await once(first.stdout!, 'data');
    first.kill('SIGSTOP');
    assert.match(await refusal(start(t, dataDir, 'second')), /already in use by/);
    first.kill('SIGCONT');
    first.stdin!.end();
    await once(first, 'exit');
    const database = await open(t, dataDir);
    assert.equal((await database.clients.list({ limit: 10, offset: 0 })).total, 1);
  });

  it('is free once its process was killed, with every row that was acknowledged', async (t) => {
    const dataDir = temporaryFolder(t);
    const first = start(t, dataDir, 'first');
    await once(first.stdout!, 'data');
    first.kill('SIGKILL');
    await once(first, 'exit');
    const database = await open(t, dataDir);
    assert.equal((await database.clients.get('first'))?.key, 'first');
  });

  it('takes no change once it was deleted or replaced, and takes them again when it is back', async (t) => {
    for (const name of ['sluice.db', 'sluice.db-wal']) {
      const dataDir = temporaryFolder(t);
      const log = keptLog();
      const database = await open(t, dataDir, { log, pingIntervalMs: 20 });
      await database.clients.create(client('before'));
      const path = join(dataDir, name);
      renameSync(path, `${path}.away`);
      await assert.rejects(database.clients.create(client('lost')), AWAY);
      writeFileSync(path, 'another');
      await assert.rejects(database.clients.create(client('lost')), AWAY);
      assert.equal(database.isAvailable(), false);
      assert.match(lastFailure(log), /was deleted or replaced while/);

      renameSync(`${path}.away`, path);
      await eventually('available again', () => database.isAvailable());
      await database.clients.create(client('after'));
      assert.equal(await database.clients.get('lost'), undefined);
    }
  });

  it('takes no change while its disk is full, and takes them again when there is space', async (t) => {
    const dataDir = join(temporaryFolder(t), 'disk');
    const disk = smallDisk(dataDir);
    if (disk.kind === null) return t.skip('needs mount (as root) or prlimit');
    const log = keptLog();
    const database = await openDatabase(databaseSettings({ dataDir }), { log, pingIntervalMs: 20 });
    const kept: string[] = [];
    const fill = async (): Promise<void> => {
      for (let at = 0; ; at += 1) {
        await database.clients.create({ ...client(`c${at}`), name: 'x'.repeat(4000) });
        kept.push(`c${at}`);
      }
    };
    try {
      disk.fill(process.pid);
      await assert.rejects(fill(), AWAY);
      assert.equal(database.isAvailable(), false);
      assert.match(lastFailure(log), /no space left|cannot read or write/);
      assert.ok(await database.clients.list({ limit: 1, offset: 0 }), 'what is there can be read');

      disk.free(process.pid);
      await eventually('available again', () => database.isAvailable());
      await database.clients.create(client('after'));
      assert.equal((await database.clients.list({ limit: 1, offset: 0 })).total, kept.length + 1);
    } finally {
      disk.free(process.pid);
      await database.close();
      disk.close();
    }
  });
});

describe('a data folder that cannot be used', () => {
  const cases: Readonly<Record<string, { readonly make: (dataDir: string) => void; readonly says: RegExp }>> = {
    'holds a file that is no database': {
      make: (dataDir) => writeFileSync(join(dataDir, 'sluice.db'), 'x'.repeat(10_000)),
      says: /sluice\.db is damaged, or no SQLite database; stop Sluice and put a copy of it back, or move it away/,
    },
    'holds a damaged database': {
      make: (dataDir) => {
        const path = join(dataDir, 'sluice.db');
        const database = new DatabaseSync(path);
        database.exec('create table "sluice_migrations" ("name" text)');
        database.close();
        const [first, second] = [new Uint8Array(4096).fill(0), new Uint8Array(4096).fill(7)];
        const whole = Buffer.concat([first, second]);
        // The header stays, and the table's page is garbage.
        whole.write('SQLite format 3\0', 0, 'latin1');
        whole.set([0x10, 0x00, 1, 1, 0, 0x40, 0x20, 0x20], 16);
        writeFileSync(path, whole);
      },
      says: /sluice\.db is damaged; stop Sluice and put a copy of it back, or move it away .*malformed/,
    },
    'has a folder where the file should be': {
      make: (dataDir) => mkdirSync(join(dataDir, 'sluice.db')),
      says: /sluice\.db is a folder; move it away/,
    },
    'holds the database of another program': {
      make: (dataDir) => new DatabaseSync(join(dataDir, 'sluice.db')).exec('create table "theirs" ("a")'),
      says: /sluice\.db is the database of another program; choose another folder with database\.data_dir/,
    },
    'holds the database of a newer Sluice': {
      make: (dataDir) =>
        new DatabaseSync(join(dataDir, 'sluice.db')).exec(
          `create table "sluice_migrations" ("name" text, "applied_at" text);
           insert into "sluice_migrations" values ('0000_tables', ''), ('9999_later', '')`,
        ),
      says: /sluice\.db was written by a newer Sluice \(9999_later is unknown to this one\); start that version, or/,
    },
    'holds the database of an older Sluice': {
      make: (dataDir) => mkdirSync(join(dataDir, 'pglite')),
      says: /pglite holds the database of an older Sluice.*run "sluice db export all\.ndjson", move .*pglite away, and run/,
    },
    'has lost the database but not its log': {
      make: (dataDir) => writeFileSync(join(dataDir, 'sluice.db-wal'), ''),
      says: /sluice\.db is missing, but its log .*sluice\.db-wal is there; put the file back/,
    },
  };
  for (const [what, { make, says }] of Object.entries(cases)) {
    it(`because it ${what} is refused with one line that says what to do`, async (t) => {
      const dataDir = temporaryFolder(t);
      make(dataDir);
      const before = readdirSync(dataDir);
      const message = await whyNot(dataDir);
      assert.match(message, says);
      assert.doesNotMatch(message, /\n|\[object/);
      assert.deepEqual(readdirSync(dataDir), before, 'nothing was added');
    });
  }

  it('because it is a file is refused with one line that says what to do', async (t) => {
    const path = join(temporaryFolder(t), 'data');
    writeFileSync(path, '');
    assert.equal(
      await whyNot(path),
      `the data folder ${path} cannot be made: it is a file; choose a folder with database.data_dir`,
    );
    assert.match(await whyNot(join(path, 'below')), /a part of its path is a file; choose a folder/);
  });

  // Root may write everything, so another user has to try.
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? { uid: SOMEBODY, gid: SOMEBODY } : {};

  it('because only others may write it is refused with one line that says what to do', async (t) => {
    const dataDir = temporaryFolder(t);
    chmodSync(dataDir, 0o555);
    const may = 'let the user that runs Sluice write there, or choose another folder with database.data_dir';
    const file = join(dataDir, 'sluice.db');
    assert.equal(
      await refusal(start(t, dataDir, 'x', as)),
      `the database ${file} cannot be made: permission denied; ${may}`,
    );
    const below = join(dataDir, 'below');
    assert.equal(
      await refusal(start(t, below, 'x', as)),
      `the data folder ${below} cannot be made: permission denied; ${may}`,
    );
  });

  it('because its file may only be read, or not even that, is refused with one line that says what to do', async (t) => {
    const dataDir = temporaryFolder(t);
    if (isRoot) chownSync(dataDir, SOMEBODY, SOMEBODY);
    await open(t, dataDir).then((database) => database.close());
    const file = join(dataDir, 'sluice.db');
    chmodSync(file, 0o400);
    if (isRoot) chownSync(file, SOMEBODY, SOMEBODY);
    const may = 'let the user that runs Sluice write there, or choose another folder with database.data_dir';
    const message = `${file} cannot be read and written: permission denied; ${may}`;
    assert.equal(await refusal(start(t, dataDir, 'x', as)), message);
    chmodSync(file, 0o000);
    assert.equal(await refusal(start(t, dataDir, 'x', as)), message);
  });
});

describe('the control thread', () => {
  it('gets its turns between the pages of a large table', async (t) => {
    const database = await open(t, temporaryFolder(t));
    const levels = Array.from({ length: 5_000 }, (_, at) => ({ key: `c${at}`, tokens: 1, savedAt: new Date() }));
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await database.clients.saveLevels(levels);
    isDone = true;
    assert.ok(turns >= 5, `${turns} turns`);
  });

  it('does not carry out later what it has answered 503 meanwhile', async (t) => {
    const database = await open(t, temporaryFolder(t), { deadlineMs: 50, pingIntervalMs: 20 });
    const { promise: rest, resolve: end } = Promise.withResolvers<void>();
    // An import that waits for its file.
    const importing = database.transfer.write(
      // oxlint-disable-next-line require-yield
      (async function* () {
        await rest;
      })(),
      'merge',
    );
    await assert.rejects(database.clients.create(client('late')), AWAY);
    end();
    await importing;
    await eventually('available again', () => database.isAvailable());
    assert.equal(await database.clients.get('late'), undefined);
  });
});

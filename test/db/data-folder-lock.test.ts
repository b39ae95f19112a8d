import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DataFolderLocked, lockDataFolder, renew, type LockRecord } from '../../drizzle/data-folder-lock.ts';
import { processStart } from '../../drizzle/process-start.ts';

/** Above Linux's largest process id (2^22). */
const NO_PROCESS = 4_194_305;

describe('the lock on the data folder', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
    path = join(folder, 'sluice.lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function leave(record: Partial<LockRecord>, ageMs = 0): Promise<void> {
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), start: null, id: 'other', ...record }));
    const then = new Date(Date.now() - ageMs);
    await utimes(path, then, then);
  }

  it('names its holder, and is gone after release', async () => {
    const lock = await lockDataFolder(folder);
    const { pid, host, start } = JSON.parse(await readFile(path, 'utf8')) as LockRecord;
    assert.deepEqual(
      { pid, host, start },
      { pid: process.pid, host: hostname(), start: await processStart(process.pid) },
    );
    await lock.release();
    assert.deepEqual(await readdir(folder), []);
  });

  it('is had by one of many that ask at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataFolder(folder)));
    const locks = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    assert.equal(locks.length, 1);
    await locks[0]!.release();
  });

  it('of a process that is gone is taken over by one of many that ask at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      await leave({ pid: NO_PROCESS });
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataFolder(folder)));
      const locks = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      assert.equal(locks.length, 1);
      await locks[0]!.release();
      assert.deepEqual(await readdir(folder), []);
    }
  });

  it('of a process that is gone is taken over', async () => {
    await leave({ pid: NO_PROCESS });
    await (await lockDataFolder(folder)).release();
  });

  it('of an earlier process with an id in use again is taken over (a container’s process is always 1)', async () => {
    await leave({ start: 'another-boot/123' });
    await (await lockDataFolder(folder)).release();
  });

  it('of another host or container is respected while it is renewed, and taken over when it is not', async () => {
    await leave({ host: 'elsewhere', pid: NO_PROCESS }, 5_000);
    await assert.rejects(lockDataFolder(folder), (error: Error) => {
      assert.ok(error instanceof DataFolderLocked);
      assert.match(error.message, /already in use by process 4194305 on host elsewhere$/);
      return true;
    });
    await leave({ host: 'elsewhere', pid: NO_PROCESS }, 20_000);
    await (await lockDataFolder(folder)).release();
  });

  it('that is not written to the end counts as held until it is old', async () => {
    await writeFile(path, '{"pid":');
    await assert.rejects(lockDataFolder(folder), /already in use by another process$/);
    const then = new Date(Date.now() - 20_000);
    await utimes(path, then, then);
    await (await lockDataFolder(folder)).release();
  });

  it('that somebody else holds by now survives our release', async () => {
    const lock = await lockDataFolder(folder);
    await leave({ pid: 1 });
    await lock.release();
    assert.deepEqual(await readdir(folder), ['sluice.lock']);
  });

  it('is renewed by its time stamp, and a renewal too late makes no new one', async () => {
    await leave({}, 60_000);
    await renew(path);
    assert.ok(Date.now() - (await stat(path)).mtimeMs < 10_000);
    await rm(path);
    await renew(path);
    assert.deepEqual(await readdir(folder), []);
  });
});

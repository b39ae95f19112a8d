import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HistoryFile } from '../../../../src/telemetry/control/history-file.ts';
import { IMAGE_BYTES } from '../../../../src/telemetry/control/history-image.ts';

const NOW = 1_700_000_000_000;
const point = (at: number) => ({ at, figures: [1, 2, 3, 4, 5, 6, 7, 8] });

describe('the file of the history', () => {
  let root: string;
  let path: string;
  let logged: string[];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sluice-history-'));
    path = join(root, 'history', 'gw');
    logged = [];
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function open(): HistoryFile {
    const note = (_details: object, message: string): void => void logged.push(message);
    return new HistoryFile({ path, log: { warn: note, info: note } as never });
  }

  it('is made with the first points, private, of one size, and read by the next run', async () => {
    const first = open();
    assert.deepEqual(first.restore(NOW), []);
    first.put(0, point(NOW));
    first.put(2, point(NOW));
    await first.write();
    assert.deepEqual([statSync(path).size, statSync(path).mode & 0o777], [IMAGE_BYTES, 0o600]);
    assert.deepEqual(readdirSync(join(root, 'history')), ['gw']);
    first.put(0, point(NOW + 1000));
    await first.write();
    assert.equal(statSync(path).size, IMAGE_BYTES);
    const second = open();
    assert.deepEqual(second.restore(NOW + 1000), [[point(NOW), point(NOW + 1000)], [], [point(NOW)]]);
    // What was read stays with what is written next.
    second.put(1, point(NOW + 1000));
    await second.write();
    assert.equal(open().restore(NOW + 1000)[0]!.length, 2);
    assert.deepEqual(logged, []);
    assert.deepEqual(second.storage(), { isStored: true, problem: null });
  });

  it('takes the place of those that nobody has written for a day', async () => {
    const folder = join(root, 'history');
    mkdirSync(folder);
    const ages = { gone: 25, stopped: 23, foreign: 25 };
    for (const [name, hours] of Object.entries(ages)) {
      writeFileSync(join(folder, name), Buffer.alloc(name === 'foreign' ? 10 : IMAGE_BYTES));
      const seconds = Date.now() / 1000 - hours * 3600;
      utimesSync(join(folder, name), seconds, seconds);
    }
    const file = open();
    file.restore(NOW);
    file.put(0, point(NOW));
    await file.write();
    assert.deepEqual(readdirSync(folder).sort(), ['foreign', 'gw', 'stopped']);
    assert.deepEqual(file.storage(), { isStored: true, problem: null });
  });

  it('is written once more by a stop', async () => {
    const file = open();
    file.restore(NOW);
    file.start();
    file.put(0, point(NOW));
    await file.stop();
    assert.equal(open().restore(NOW)[0]!.length, 1);
  });

  it('that cannot be written is reported once, and has everything when it can', async () => {
    writeFileSync(join(root, 'history'), 'a file where the folder belongs');
    const file = open();
    file.restore(NOW);
    for (const second of [0, 1]) {
      file.put(0, point(NOW + second * 1000));
      await file.write();
    }
    const { isStored, problem } = file.storage();
    assert.equal(isStored, false);
    assert.match(problem!, /ENOTDIR|EEXIST/);
    rmSync(join(root, 'history'));
    file.put(0, point(NOW + 2000));
    await file.write();
    assert.deepEqual(file.storage(), { isStored: true, problem: null });
    assert.equal(open().restore(NOW + 2000)[0]!.length, 3);
    assert.deepEqual(logged.slice(-2), ['metrics history is in memory only', 'metrics history is stored again']);
    assert.equal(logged.filter((message) => message.endsWith('in memory only')).length, 1);
  });

  it('that was removed or cut off meanwhile is written whole', async () => {
    const file = open();
    file.restore(NOW);
    file.put(0, point(NOW));
    await file.write();
    for (const damage of [() => rmSync(path), () => writeFileSync(path, 'cut')]) {
      damage();
      file.put(1, point(NOW));
      await file.write();
      assert.equal(open().restore(NOW)[0]!.length, 1);
    }
  });

  it('of another version or of something else is replaced, even if it has the same size', async () => {
    mkdirSync(join(root, 'history'));
    writeFileSync(path, Buffer.alloc(IMAGE_BYTES, 'x'));
    const file = open();
    assert.deepEqual(file.restore(NOW), []);
    assert.deepEqual(logged, ['metrics history of another version is replaced']);
    file.put(0, point(NOW));
    await file.write();
    assert.match(readFileSync(path, 'latin1'), /^sluice history 1 /);
    assert.equal(open().restore(NOW)[0]!.length, 1);
  });

  it('that has grown, however much, is read as far as it belongs to it, and cut off', async () => {
    const first = open();
    first.restore(NOW);
    first.put(0, point(NOW));
    await first.write();
    truncateSync(path, 2 ** 33);
    const file = open();
    assert.deepEqual(file.restore(NOW)[0], [point(NOW)]);
    file.put(1, point(NOW));
    await file.write();
    assert.equal(statSync(path).size, IMAGE_BYTES);
  });

  it('that is a folder stops nothing', async () => {
    mkdirSync(path, { recursive: true });
    const file = open();
    assert.deepEqual(file.restore(NOW), []);
    file.put(0, point(NOW));
    await file.write();
    assert.equal(file.storage().isStored, false);
  });
});

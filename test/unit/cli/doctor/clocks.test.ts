import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkClock, checkFileTimes, checkJump } from '../../../../src/cli/doctor/clocks.ts';

test('clocks may differ by two seconds', () => {
  assert.equal(checkClock('the database', 10_000, 12_000).status, 'ok');
  const ahead = checkClock('the database', 10_000, 12_001);
  assert.deepEqual([ahead.status, ahead.message], ['warning', '2.0 s ahead of that of the database']);
  assert.equal(checkClock('Redis', 65_000, 5000).message, '60.0 s behind that of Redis');
});

test('a clock that is set while a program runs is found, in both directions', () => {
  const started = { startedMs: 100_000, monotonicMs: 10_000 };
  assert.deepEqual(checkJump('it', started, 112_000), []);
  assert.deepEqual(checkJump('it', started, 108_000), []);
  assert.equal(checkJump('it', started, 3_710_000)[0]!.message, 'set forward by 3600.0 s while it ran');
  assert.equal(checkJump('it', started, 107_999)[0]!.message, 'set back by 2.0 s while it ran');
});

test('a file of the data folder from the future is named, the latest of them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-clocks-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(checkFileTimes(join(folder, 'missing'), 0), []);
  for (const [name, seconds] of [
    ['a', 50],
    ['b', 100],
  ] as const) {
    writeFileSync(join(folder, name), '');
    utimesSync(join(folder, name), seconds, seconds);
  }
  assert.deepEqual(checkFileTimes(folder, 98_000), []);
  const [found] = checkFileTimes(folder, 40_000);
  assert.deepEqual([found!.status, found!.message], ['warning', `${join(folder, 'b')} was written 60.0 s from now`]);
});

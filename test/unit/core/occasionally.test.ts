import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Occasionally } from '../../../src/core/occasionally.ts';

test('each key has its turn once in the interval', () => {
  const notices = new Occasionally(100);
  assert.deepEqual(
    [
      [0, 'a'],
      [0, 'b'],
      [99, 'a'],
      [100, 'a'],
      [150, 'a'],
      [150, 'b'],
    ].map(([nowMs, key]) => notices.isDue(String(key), Number(nowMs))),
    [true, true, false, true, false, true],
  );
});

test('with too many keys, all are forgotten', () => {
  const notices = new Occasionally(100, 2);
  for (const key of ['a', 'b', 'c']) assert.equal(notices.isDue(key, 0), true);
  assert.equal(notices.isDue('a', 1), true);
  assert.equal(notices.isDue('c', 1), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttemptLimit } from '../../../src/admin-access/attempt-limit.ts';

/** Three in a row, then one a second. */
const limit = (maxKeys = 100): AttemptLimit => new AttemptLimit({ capacity: 3, ratePerSecond: 1 }, maxKeys);

function fail(attempts: AttemptLimit, key: string, times: number, nowMs: number): boolean[] {
  return Array.from({ length: times }, () => attempts.fail(key, nowMs));
}

test('a key without failures need not wait', () => {
  assert.equal(limit().waitMs('a', 0), 0);
});

test('after as many failures as the bucket holds, the key waits, and no other', () => {
  const attempts = limit();
  fail(attempts, 'a', 2, 1000);
  assert.equal(attempts.waitMs('a', 1000), 0);
  fail(attempts, 'a', 1, 1000);
  assert.equal(attempts.waitMs('a', 1000), 1000);
  assert.equal(attempts.waitMs('a', 1999), 1);
  assert.equal(attempts.waitMs('a', 2000), 0);
  assert.equal(attempts.waitMs('b', 1000), 0);
});

test('failing again while it has to wait does not extend the wait', () => {
  const attempts = limit();
  fail(attempts, 'a', 50, 1000);
  assert.equal(attempts.waitMs('a', 1000), 1000);
});

test('one failure too many is reported once, until the key is forgotten', () => {
  const attempts = limit();
  assert.deepEqual(fail(attempts, 'a', 5, 1000), [false, false, true, false, false]);
  assert.deepEqual(fail(attempts, 'a', 1, 2000), [false], 'still the same row of failures');
  attempts.fail('b', 60_000);
  assert.equal(attempts.size, 1);
  assert.deepEqual(fail(attempts, 'a', 3, 60_000), [false, false, true]);
});

test('no more keys are remembered than allowed, the oldest goes first', () => {
  const attempts = limit(2);
  for (const key of ['a', 'b', 'c']) fail(attempts, key, 3, 1000);
  assert.equal(attempts.size, 2);
  assert.equal(attempts.waitMs('a', 1000), 0);
  assert.ok(attempts.waitMs('b', 1000) > 0 && attempts.waitMs('c', 1000) > 0);
});

test('a clock that goes back lets nobody try more often', () => {
  const attempts = limit();
  fail(attempts, 'a', 3, 5000);
  assert.ok(attempts.waitMs('a', 4000) >= 1000);
});

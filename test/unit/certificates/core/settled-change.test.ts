import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SETTLE_MS, SettledChange } from '../../../../src/certificates/core/settled-change.ts';

test('files are read once they have rested for a look, and not again until they change', () => {
  const change = new SettledChange('a');
  assert.deepEqual(
    ['a', 'b', 'c', 'c'].map((stamp) => change.see(stamp)),
    [false, false, false, true],
  );
  change.accept('c');
  assert.deepEqual(
    ['c', 'c', 'd', 'd'].map((stamp) => change.see(stamp)),
    [false, false, false, true],
  );
});

test('what cannot be used is read again until it is a failure, which it becomes once', () => {
  const change = new SettledChange('a');
  change.see('b');
  assert.ok(change.see('b'));
  assert.equal(change.refuse('b', 1000), false);
  assert.ok(change.see('b'));
  assert.equal(change.refuse('b', 999 + SETTLE_MS), false);
  assert.equal(change.refuse('b', 1000 + SETTLE_MS), true);
  assert.equal(change.see('b'), false);
  assert.equal(change.refuse('b', 2000 + SETTLE_MS), false);
  assert.equal(change.see('c'), false);
  assert.ok(change.see('c'));
});

test('a second change starts the wait again', () => {
  const change = new SettledChange('a');
  change.refuse('b', 0);
  assert.equal(change.refuse('c', SETTLE_MS), false);
  assert.equal(change.refuse('c', 2 * SETTLE_MS), true);
  change.accept('d');
  assert.equal(change.see('d'), false);
});

test('files that are as they were read need no reading, whatever came in between', () => {
  const change = new SettledChange('a');
  assert.deepEqual(
    ['b', 'a', 'a'].map((stamp) => change.see(stamp)),
    [false, false, false],
  );
});

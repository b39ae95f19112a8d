import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressTurns, AVOID_MS } from '../../../../src/addresses/core/address-turns.ts';

function draw(turns: AddressTurns, count: number, nowMs = 0): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let at = 0; at < count; at += 1) {
    const address = turns.next(nowMs)!;
    counts[address] = (counts[address] ?? 0) + 1;
  }
  return counts;
}

test('addresses are used in turn', () => {
  assert.deepEqual(draw(new AddressTurns(['a', 'b', 'c']), 30), { a: 10, b: 10, c: 10 });
});

test('without an address there is no next one', () => {
  assert.equal(new AddressTurns([]).next(0), undefined);
});

test('an address that failed is skipped until its time is over, and the others share its turns evenly', () => {
  const turns = new AddressTurns(['a', 'b', 'c']);
  turns.failed('b', 1000);
  assert.deepEqual(draw(turns, 20, 1000), { a: 10, c: 10 });
  assert.deepEqual(draw(turns, 20, 1000 + AVOID_MS - 1), { a: 10, c: 10 });
  assert.deepEqual(draw(turns, 30, 1000 + AVOID_MS), { a: 10, b: 10, c: 10 });
});

test('when all have failed, all are tried', () => {
  const turns = new AddressTurns(['a', 'b']);
  turns.failed('a', 0);
  turns.failed('b', 0);
  assert.deepEqual(draw(turns, 10), { a: 5, b: 5 });
});

test('an address that was connected to is in turn again at once', () => {
  const turns = new AddressTurns(['a', 'b']);
  turns.failed('a', 0);
  turns.connected('a', 1);
  assert.deepEqual(draw(turns, 10, 1), { a: 5, b: 5 });
});

test('of the others, those that are in turn come first', () => {
  const turns = new AddressTurns(['a', 'b', 'c']);
  turns.failed('b', 0);
  assert.deepEqual(turns.othersThan('a', 0), ['c', 'b']);
  assert.deepEqual(new AddressTurns(['a']).othersThan('a', 0), []);
});

test('other addresses replace the old ones; a failed one that stays is still skipped', () => {
  const turns = new AddressTurns(['a', 'b']);
  turns.failed('b', 0);
  turns.replace(['b', 'c', 'd']);
  assert.deepEqual(draw(turns, 10, 1), { c: 5, d: 5 });
  turns.replace(['b']);
  assert.deepEqual(draw(turns, 3, 2), { b: 3 });
  turns.replace([]);
  assert.equal(turns.next(3), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ring } from '../../../src/core/ring.ts';

test('a ring gives the newest first, before it is full, when it is, and after', () => {
  const ring = new Ring<number>(3);
  const seen: number[][] = [[...ring.newest()]];
  for (let item = 1; item <= 5; item += 1) {
    ring.push(item);
    seen.push([...ring.newest()]);
  }
  assert.deepEqual(seen, [[], [1], [2, 1], [3, 2, 1], [4, 3, 2], [5, 4, 3]]);
  assert.equal(ring.length, 3);
});

test('a ring of none is refused', () => {
  assert.throws(() => new Ring(0), /size must be a whole number from 1, not 0/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBursts, weightedTurns } from '../../../bench/fleet-load.ts';

test('each gateway gets its share, evenly mixed', () => {
  const pick = weightedTurns([2, 1, 1]);
  assert.deepEqual(
    Array.from({ length: 8 }, () => pick()),
    [0, 1, 2, 0, 0, 1, 2, 0],
  );
});

test('in bursts, the requests of a second are due in its first half', () => {
  assert.deepEqual([0, 0.25, 0.5, 0.9, 1, 1.25, 2.75].map(inBursts), [0, 0.5, 1, 1, 1, 1.5, 3]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weightedTurns } from '../../../bench/fleet-load.ts';

test('each gateway gets its share, evenly mixed', () => {
  const pick = weightedTurns([2, 1, 1]);
  assert.deepEqual(
    Array.from({ length: 8 }, () => pick()),
    [0, 1, 2, 0, 0, 1, 2, 0],
  );
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { slowStartShare } from '../../../../src/balancing/core/slow-start.ts';

it('slow start grows evenly from its first part to the whole', () => {
  const shares = [-5, 0, 15_000, 29_999, 30_000, 31_000].map((elapsedMs) =>
    slowStartShare(elapsedMs, { durationMs: 30_000, from: 0.1 }),
  );
  assert.deepEqual(
    shares.map((share) => Math.round(share * 1000) / 1000),
    [0.1, 0.1, 0.55, 1, 1, 1],
  );
  assert.ok(shares[3]! < 1);
});

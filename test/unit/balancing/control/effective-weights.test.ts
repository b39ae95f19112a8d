import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EffectiveWeights } from '../../../../src/balancing/control/effective-weights.ts';
import { SlowStarts } from '../../../../src/balancing/control/slow-starts.ts';

/** A table that counts what is written. */
function table(weight: number) {
  const writes: number[] = [];
  return {
    writes,
    weight: () => writes.at(-1) ?? weight,
    setWeight: (_: number, next: number) => void writes.push(next),
  };
}

test('a weight is configured × slow start × adaptation, whichever changes', () => {
  const kept = table(2);
  const weights = new EffectiveWeights(kept);
  weights.occupied(0, 2);
  weights.setSlowStart(0, 0.5);
  weights.setAdaptation(0, 0.25);
  weights.setConfigured(0, 4);
  weights.setSlowStart(0, 1);
  weights.setAdaptation(0, 1);
  assert.deepEqual(kept.writes, [1, 0.25, 0.5, 1, 4]);
  assert.equal(weights.configured(0), 4);
});

test('only real changes are written: each makes every thread look again', () => {
  const kept = table(1);
  const weights = new EffectiveWeights(kept);
  weights.occupied(0, 1);
  weights.setAdaptation(0, 1);
  weights.setAdaptation(0, 0.9996);
  assert.deepEqual(kept.writes, []);
  for (const share of [0.9994, 0.999, 0.9985, 0.9979]) weights.setAdaptation(0, share);
  assert.deepEqual(kept.writes, [0.999, 0.9979], 'small steps add up');
  weights.setAdaptation(0, 1);
  assert.equal(kept.weight(), 1, 'the way back is always gone to its end');
});

test('an unused slot has no weight to set', () => {
  assert.throws(() => new EffectiveWeights(table(1)).setSlowStart(3, 1), /no backend has entered slot 3/);
});

test('a slow start is held, begins, steps and ends', () => {
  const shares: number[] = [];
  const starts = new SlowStarts({ setSlowStart: (_, share) => void shares.push(share) });
  const settings = { durationMs: 10_000, from: 0.5 };
  starts.hold('a', 0, settings);
  assert.deepEqual([starts.step(99_000), starts.isRamping('a'), starts.report('a')], [[], false, null]);
  starts.begin('a', 0, settings, 1000);
  assert.deepEqual(starts.report('a'), { share: 0.5, endsAtMs: 11_000 });
  assert.deepEqual(starts.step(6000), []);
  assert.deepEqual(starts.report('a')!.share, 0.75);
  assert.deepEqual(starts.step(11_000), ['a']);
  assert.deepEqual([shares, starts.isRamping('a'), starts.end('a')], [[0.5, 0.5, 0.75, 1], false, false]);
});

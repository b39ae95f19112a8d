import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LatencyCount, spread } from '../../../../src/cli/load/statistics.ts';

describe('how evenly a load is shared', () => {
  test('equal counts do not vary', () => {
    assert.deepEqual(spread([100, 100, 100]), { mean: 100, deviation: 0, variation: 0 });
  });

  test('mean, deviation of the whole, and their quotient', () => {
    assert.deepEqual(spread([2, 4, 4, 4, 5, 5, 7, 9]), { mean: 5, deviation: 2, variation: 0.4 });
  });

  test('nothing at all does not divide by zero', () => {
    assert.deepEqual(spread([]), { mean: 0, deviation: 0, variation: 0 });
    assert.deepEqual(spread([0, 0]), { mean: 0, deviation: 0, variation: 0 });
  });
});

describe('latencies', () => {
  test('least, mean and most are exact, percentiles within a sixteenth', () => {
    const count = new LatencyCount();
    for (let ms = 1; ms <= 100; ms += 1) count.add(ms);
    const { min, mean, max, p50, p95, p99 } = count.result();
    assert.deepEqual([min, mean, max], [1, 50.5, 100]);
    for (const [found, right] of [
      [p50, 50],
      [p95, 95],
      [p99, 99],
    ] as const)
      assert.ok(Math.abs(found - right) <= right / 16, `${found} for ${right}`);
  });

  test('no percentile lies outside what was measured', () => {
    const count = new LatencyCount();
    count.add(7);
    assert.deepEqual(count.result(), { min: 7, mean: 7, p50: 7, p95: 7, p99: 7, max: 7 });
  });

  test('without an answer all are 0', () => {
    assert.deepEqual(new LatencyCount().result(), { min: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 });
  });
});

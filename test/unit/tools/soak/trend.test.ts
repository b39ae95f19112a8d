import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { floorOf, isFlat, secondHalf } from '../../../../tools/soak/trend.ts';

describe('the trend of a soak', () => {
  test('a line grows by its rise over the second half', () => {
    const trend = secondHalf([9, 9, 9, 10, 12, 14]);
    assert.equal(trend.mean, 12);
    assert.ok(Math.abs(trend.growth - 4) < 1e-9);
  });

  test('the first half does not matter', () => {
    assert.equal(secondHalf([1, 500, 7, 7, 7]).growth, 0);
  });

  test('the floor of a sawtooth is flat', () => {
    assert.deepEqual(floorOf([5, 1, 3, 5, 1, 3, 5], 3), [5, 1, 1, 1, 1, 1, 1]);
  });

  test('growth up to its share or the noise is flat', () => {
    assert.equal(isFlat({ mean: 100, growth: 10 }, 0.1, 4), true);
    assert.equal(isFlat({ mean: 100, growth: 11 }, 0.1, 4), false);
    assert.equal(isFlat({ mean: 10, growth: 4 }, 0.1, 4), true);
    assert.equal(isFlat({ mean: NaN, growth: NaN }, 0.1, 4), false, 'too few samples prove nothing');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WeightedRandom } from '../../../../src/balancing/core/weighted-random.ts';
import { candidatesOf, strategySuite } from './strategy-suite.ts';

strategySuite('random', { weightTolerance: 0.05 });

describe('random', () => {
  it('reaches the first and the last', () => {
    for (const weights of [
      [1, 1, 1],
      [1, 2, 3],
    ]) {
      assert.equal(new WeightedRandom({ random: () => 0 }).pick(candidatesOf(...weights)), 0);
      assert.equal(new WeightedRandom({ random: () => 1 - 2 ** -32 }).pick(candidatesOf(...weights)), 2);
    }
  });

  it('stays in the list when the weights do not add up exactly', () => {
    const random = (): number => 1 - Number.EPSILON / 2;
    assert.equal(new WeightedRandom({ random }).pick(candidatesOf(0.1, 0.2, 0.3)), 2);
  });
});

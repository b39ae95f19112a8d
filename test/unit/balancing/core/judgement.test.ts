import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, penalizedMs, penaltyMs } from '../../../../src/balancing/core/judgement.ts';

describe('the end of an attempt', () => {
  for (const [status, isFailure, judgement] of [
    [200, false, 'good'],
    [101, false, 'good'],
    [304, false, 'good'],
    [399, false, 'good'],
    [400, false, 'neutral'],
    [404, false, 'neutral'],
    [428, false, 'neutral'],
    [429, false, 'bad'],
    [430, false, 'neutral'],
    [499, false, 'neutral'],
    [500, false, 'bad'],
    [599, false, 'bad'],
    [0, true, 'bad'],
    [200, true, 'bad'],
    [404, true, 'bad'],
  ] as const) {
    it(`with status ${status}${isFailure ? ' that broke off' : ''} is ${judgement}`, () => {
      assert.equal(judge(status, isFailure), judgement);
    });
  }
});

describe('a bad attempt', () => {
  it('counts twice as slow as the slowest, and as 60 ms while no latency is known', () => {
    assert.deepEqual([penaltyMs(10), penaltyMs(NaN)], [20, 60]);
  });

  it('makes an average worse in its proportion, and never better', () => {
    assert.deepEqual([penalizedMs(10, 0, 100), penalizedMs(10, 0.1, 110), penalizedMs(10, 1, 100)], [10, 20, 100]);
    assert.equal(penalizedMs(200, 0.5, 100), 200);
    assert.equal(penalizedMs(NaN, 0.1, 100), 100);
    assert.ok(Number.isNaN(penalizedMs(NaN, 0, 100)));
  });
});

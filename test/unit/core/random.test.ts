import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom, xoshiro128 } from '../../../src/core/random.ts';

describe('xoshiro128**', () => {
  it('gives the numbers of the reference implementation for the state 1, 2, 3, 4', () => {
    const next = xoshiro128(1, 2, 3, 4);
    const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849];
    assert.deepEqual(
      expected.map(() => next()),
      expected,
    );
  });
});

describe('seeded randomness', () => {
  it('repeats itself for the same seed and differs for another', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
    assert.notDeepEqual(draw(0), draw(1));
  });

  it('is even over [0, 1), also across seeds', () => {
    const tenths = Array<number>(10).fill(0);
    for (let seed = 0; seed < 1000; seed += 1) {
      const random = seededRandom(seed);
      for (let turn = 0; turn < 100; turn += 1) {
        const draw = random();
        assert.ok(draw >= 0 && draw < 1);
        tenths[Math.floor(draw * 10)]! += 1;
      }
    }
    for (const count of tenths) assert.ok(Math.abs(count - 10_000) < 400, `${tenths}`);
  });
});

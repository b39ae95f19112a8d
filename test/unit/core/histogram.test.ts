import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bucketMiddleUs,
  bucketOf,
  cellsUpTo,
  cumulativeCounts,
  HISTOGRAM_CELLS,
  percentile,
} from '../../../src/core/histogram.ts';
import { seededRandom } from '../../../src/core/random.ts';

const MAX_US = 2 ** 27;

describe('buckets', () => {
  it('begin and end with the range, and clamp what is outside', () => {
    for (const [valueUs, bucket] of [
      [-1, 0],
      [0, 0],
      [63, 0],
      [64, 0],
      [71.9, 0],
      [72, 1],
      [127, 7],
      [128, 8],
      [MAX_US - 1, HISTOGRAM_CELLS - 1],
      [MAX_US, HISTOGRAM_CELLS - 1],
      [1e12, HISTOGRAM_CELLS - 1],
      [Infinity, HISTOGRAM_CELLS - 1],
      [Number.NaN, 0],
    ] as const) {
      assert.equal(bucketOf(valueUs), bucket, `${valueUs} µs`);
    }
  });

  it('follow each other without a gap', () => {
    let last = 0;
    for (let valueUs = 64; valueUs < MAX_US; valueUs += Math.max(1, Math.floor(valueUs / 100))) {
      const bucket = bucketOf(valueUs);
      assert.ok(bucket === last || bucket === last + 1, `${valueUs} µs`);
      last = bucket;
    }
    assert.equal(last, HISTOGRAM_CELLS - 1);
  });

  it('hold their own middle', () => {
    for (let bucket = 0; bucket < HISTOGRAM_CELLS; bucket += 1) assert.equal(bucketOf(bucketMiddleUs(bucket)), bucket);
  });

  it('are at most 6.25 % off, everywhere in the range', () => {
    const random = seededRandom(7);
    let worst = 0;
    for (let turn = 0; turn < 200_000; turn += 1) {
      const valueUs = 64 * 2 ** (random() * 21);
      worst = Math.max(worst, Math.abs(bucketMiddleUs(bucketOf(valueUs)) - valueUs) / valueUs);
    }
    for (let octave = 64; octave < MAX_US; octave *= 2) {
      worst = Math.max(worst, Math.abs(bucketMiddleUs(bucketOf(octave)) - octave) / octave);
    }
    assert.ok(worst <= 0.0625, `${worst}`);
    assert.ok(worst > 0.06, 'the bound is reached, so the test looks where it matters');
  });
});

describe('a percentile', () => {
  it('of nothing is null', () => assert.equal(percentile(new Float64Array(HISTOGRAM_CELLS), 0, 0.5), null));

  it('of one value is that value, whatever the share', () => {
    const counts = new Uint32Array(HISTOGRAM_CELLS);
    counts[bucketOf(1000)] = 1;
    for (const q of [0, 0.5, 1]) assert.equal(percentile(counts, 0, q), bucketMiddleUs(bucketOf(1000)));
  });

  it('is the nearest rank', () => {
    const counts = Array<number>(HISTOGRAM_CELLS).fill(0);
    counts[10] = 95;
    counts[20] = 4;
    counts[30] = 1;
    for (const [q, bucket] of [
      [0.5, 10],
      [0.95, 10],
      [0.951, 20],
      [0.99, 20],
      [0.991, 30],
      [1, 30],
    ] as const) {
      assert.equal(percentile(counts, 0, q), bucketMiddleUs(bucket), `q ${q}`);
    }
  });

  it('is not one rank too high because 0.07 × 100 is 7.000000000000001', () => {
    const counts = Array<number>(HISTOGRAM_CELLS).fill(0);
    counts[10] = 7;
    counts[20] = 93;
    assert.equal(percentile(counts, 0, 0.07), bucketMiddleUs(10));
  });

  it('reads its own row only', () => {
    const counts = new Float64Array(3 * HISTOGRAM_CELLS).fill(7);
    counts.fill(0, HISTOGRAM_CELLS, 2 * HISTOGRAM_CELLS);
    assert.equal(percentile(counts, HISTOGRAM_CELLS, 0.5), null);
    counts[HISTOGRAM_CELLS + 5] = 1;
    assert.equal(percentile(counts, HISTOGRAM_CELLS, 0.5), bucketMiddleUs(5));
  });

  it('is within 6.25 % of the exact one', () => {
    const random = seededRandom(8);
    const counts = new Float64Array(HISTOGRAM_CELLS);
    const values = Array.from({ length: 10_000 }, () => 200 * Math.exp(random() * 6));
    for (const valueUs of values) counts[bucketOf(valueUs)]! += 1;
    values.sort((left, right) => left - right);
    for (const q of [0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
      const exact = values[Math.max(0, Math.ceil(q * values.length - 1e-9) - 1)]!;
      assert.ok(Math.abs(percentile(counts, 0, q)! - exact) <= 0.0625 * exact, `q ${q}`);
    }
  });

  it('stays in its row when the counts shrink while it reads', () => {
    let reads = 0;
    const shrinking = new Proxy(Array<number>(HISTOGRAM_CELLS).fill(0), {
      get: () => ((reads += 1) <= HISTOGRAM_CELLS ? 1 : 0),
    });
    assert.equal(percentile(shrinking, 0, 0.5), bucketMiddleUs(HISTOGRAM_CELLS - 1));
  });
});

describe('cumulative counts', () => {
  it('hold a value under each bound that it is clearly below, and clearly not above', () => {
    const boundsUs = [1000, 10_000, 250_000];
    const ends = boundsUs.map(cellsUpTo);
    for (const [at, boundUs] of boundsUs.entries()) {
      for (const [valueUs, isUnder] of [
        [boundUs * 0.93, 1],
        [boundUs * 1.07, 0],
      ] as const) {
        const counts = new Float64Array(HISTOGRAM_CELLS);
        counts[bucketOf(valueUs)] = 1;
        assert.equal(cumulativeCounts(counts, ends)[at], isUnder, `${valueUs} µs, bound ${boundUs}`);
      }
    }
  });

  it('never fall, and end with the number of all values', () => {
    const counts = new Float64Array(HISTOGRAM_CELLS).fill(1);
    const cumulative = cumulativeCounts(counts, [100, 1000, 1e9].map(cellsUpTo));
    assert.deepEqual(cumulative, [cellsUpTo(100), cellsUpTo(1000), HISTOGRAM_CELLS, HISTOGRAM_CELLS]);
    assert.ok(cellsUpTo(100) < cellsUpTo(1000));
  });

  it('of a bound below the range hold nothing', () => {
    assert.equal(cellsUpTo(1), 0);
    const counts = new Float64Array(HISTOGRAM_CELLS);
    counts[0] = 5;
    assert.deepEqual(cumulativeCounts(counts, [0]), [0, 5]);
  });
});

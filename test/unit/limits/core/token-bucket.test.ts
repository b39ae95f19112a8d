import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  REFUSED,
  refundTokens,
  rescale,
  takeTokens,
  tatForTokens,
  tokensAt,
  waitMs,
} from '../../../../src/limits/core/token-bucket.ts';
import { seededRandom } from '../../../../src/core/random.ts';
import { admitted, closeTo, every } from '../../../support/bucket-load.ts';

const YEAR_MS = 365 * 24 * 3600 * 1000;
const CAPACITY = 5;
const RATE = 10;

describe('taking tokens', () => {
  it('admits a whole bucket at once and not one more', () => {
    assert.equal(admitted(CAPACITY, RATE, [1000]), CAPACITY);
  });

  it('has one token again one token-time later, not before', () => {
    const empty = tatForTokens(0, CAPACITY, RATE, 1000);
    assert.equal(takeTokens(empty, 1, CAPACITY, RATE, 1099), REFUSED);
    assert.notEqual(takeTokens(empty, 1, CAPACITY, RATE, 1100), REFUSED);
    assert.equal(admitted(CAPACITY, RATE, [1101], empty), 1);
  });

  it('takes a cost above 1 whole or not at all', () => {
    const three = tatForTokens(3, CAPACITY, RATE, 0);
    assert.equal(takeTokens(three, 4, CAPACITY, RATE, 0), REFUSED);
    closeTo(tokensAt(takeTokens(three, 2, CAPACITY, RATE, 0), CAPACITY, RATE, 0), 1, 1e-6);
  });

  it('never admits a cost above the capacity, even after a year of idling', () => {
    assert.equal(takeTokens(0, CAPACITY + 1, CAPACITY, RATE, YEAR_MS), REFUSED);
  });

  it('does not fill above the capacity while idle', () => {
    assert.equal(admitted(CAPACITY, RATE, [0, 3_600_000]), 2 * CAPACITY);
  });

  it('leaves capacity − cost in a full bucket', () => {
    for (const nowMs of [0, 0.1, 12_345.678, YEAR_MS + 1 / 3]) {
      assert.equal(tokensAt(takeTokens(0, 2, CAPACITY, RATE, nowMs), CAPACITY, RATE, nowMs), CAPACITY - 2);
    }
  });

  it('admits every request of a caller that comes exactly at the rate, with a bucket of one', () => {
    for (const rate of [3, 1 / 3, 7, 0.001, 1e4]) {
      let tatMs = 0;
      for (let turn = 0; turn < 5000; turn += 1) {
        tatMs = takeTokens(tatMs, 1, 1, rate, 77.7 + (turn * 1000) / rate);
        assert.notEqual(tatMs, REFUSED, `${rate}/s, turn ${turn}`);
      }
    }
  });

  it('accepts a capacity that is not whole', () => {
    assert.equal(admitted(2.5, RATE, [1000]), 2);
    assert.equal(admitted(2.5, RATE, [1000, 1049]), 2);
    assert.equal(admitted(2.5, RATE, [1000, 1050]), 3);
  });
});

describe('a clock that goes back', () => {
  it('does not refill twice', () => {
    // 0..1000 ms seen three times over.
    const moments = [...every(1, 0, 1000), ...every(1, 0, 1000), ...every(1, 500, 1000)];
    closeTo(admitted(CAPACITY, RATE, moments), CAPACITY + RATE, 1);
  });

  it('shows an emptier bucket, never less than nothing, and asks to wait longer', () => {
    const empty = tatForTokens(0, CAPACITY, RATE, 10_000);
    assert.equal(tokensAt(empty, CAPACITY, RATE, 9000), 0);
    closeTo(waitMs(empty, 1, CAPACITY, RATE, 9000), 1100, 1e-3);
    assert.equal(takeTokens(empty, 1, CAPACITY, RATE, 9000), REFUSED);
  });
});

describe('tokensAt', () => {
  it('grows with the rate up to the capacity', () => {
    const empty = tatForTokens(0, CAPACITY, RATE, 1000);
    for (const [nowMs, tokens] of [
      [1000, 0],
      [1050, 0.5],
      [1100, 1],
      [1499, 4.99],
      [1500, 5],
      [9999, 5],
    ] as const) {
      closeTo(tokensAt(empty, CAPACITY, RATE, nowMs), tokens, 1e-5);
    }
  });

  it('shows a bucket that was never used as full', () => {
    assert.equal(tokensAt(0, CAPACITY, RATE, 0), CAPACITY);
    assert.equal(tokensAt(0, CAPACITY, RATE, YEAR_MS), CAPACITY);
  });
});

describe('waitMs', () => {
  it('is 0 when the tokens are there and Infinity when they never will be', () => {
    assert.equal(waitMs(0, CAPACITY, CAPACITY, RATE, 0), 0);
    assert.equal(waitMs(0, CAPACITY + 1, CAPACITY, RATE, 0), Infinity);
  });

  it('is the time after which a take succeeds, and 1 ms before it fails', () => {
    const random = seededRandom(2);
    for (let turn = 0; turn < 2000; turn += 1) {
      const rate = 10 ** (random() * 5 - 3);
      const capacity = 1 + random() * 100;
      const cost = 1 + Math.floor(random() * Math.floor(capacity));
      const nowMs = random() * YEAR_MS;
      const tatMs = tatForTokens(random() * cost, capacity, rate, nowMs);
      const wait = waitMs(tatMs, cost, capacity, rate, nowMs);
      assert.notEqual(takeTokens(tatMs, cost, capacity, rate, nowMs + wait), REFUSED);
      if (wait > 1) assert.equal(takeTokens(tatMs, cost, capacity, rate, nowMs + wait - 1), REFUSED);
    }
  });

  it('agrees with taking: 0 exactly when a take succeeds', () => {
    const random = seededRandom(3);
    for (let turn = 0; turn < 2000; turn += 1) {
      const tatMs = random() * 1000;
      const canTake = takeTokens(tatMs, 1, CAPACITY, RATE, 500) !== REFUSED;
      assert.equal(waitMs(tatMs, 1, CAPACITY, RATE, 500) === 0, canTake);
    }
  });
});

describe('refunding', () => {
  it('undoes a take', () => {
    const before = tatForTokens(3, CAPACITY, RATE, 1000);
    const after = refundTokens(takeTokens(before, 2, CAPACITY, RATE, 1000), 2, RATE);
    closeTo(tokensAt(after, CAPACITY, RATE, 1000), 3, 1e-6);
  });

  it('never makes a bucket fuller than full, or its time negative', () => {
    const tatMs = refundTokens(takeTokens(0, 1, CAPACITY, RATE, 10), 100, RATE);
    assert.equal(tatMs, 0);
    assert.equal(admitted(CAPACITY, RATE, [10], tatMs), CAPACITY);
  });
});

describe('changed settings', () => {
  const from = { capacity: 10, ratePerSecond: 1 };

  it('leave a full bucket as it is', () => {
    for (const tatMs of [0, 500, 1000]) {
      assert.equal(rescale(tatMs, from, { capacity: 5, ratePerSecond: 9 }, 1000), tatMs);
    }
  });

  it('keep the share that is filled', () => {
    const half = tatForTokens(5, 10, 1, 1000);
    for (const to of [
      { capacity: 100, ratePerSecond: 1 },
      { capacity: 2, ratePerSecond: 50 },
      { capacity: 10, ratePerSecond: 0.01 },
    ]) {
      closeTo(tokensAt(rescale(half, from, to, 1000), to.capacity, to.ratePerSecond, 1000), to.capacity / 2, 1e-6);
    }
  });

  it('leave a full bucket full and an empty one empty', () => {
    const to = { capacity: 1000, ratePerSecond: 7 };
    assert.equal(rescale(1000, from, to, 1000), 1000);
    const empty = tatForTokens(0, 10, 1, 1000);
    closeTo(tokensAt(rescale(empty, from, to, 1000), 1000, 7, 1000), 0, 1e-6);
  });

  it('do not refill when changed to and fro', () => {
    const to = { capacity: 1e6, ratePerSecond: 1e6 };
    let tatMs = tatForTokens(3, 10, 1, 1000);
    for (let turn = 0; turn < 1000; turn += 1) tatMs = rescale(rescale(tatMs, from, to, 1000), to, from, 1000);
    closeTo(tokensAt(tatMs, 10, 1, 1000), 3, 1e-6);
  });
});

describe('restoring a level', () => {
  it('gives back what was saved, clamped to 0..capacity', () => {
    for (const [saved, restored] of [
      [-1, 0],
      [0, 0],
      [2.25, 2.25],
      [5, 5],
      [99, 5],
    ] as const) {
      closeTo(tokensAt(tatForTokens(saved, CAPACITY, RATE, 1234.5), CAPACITY, RATE, 1234.5), restored, 1e-6);
    }
  });

  it('a bucket is full once its time has come', () => {
    assert.equal(tatForTokens(CAPACITY, CAPACITY, RATE, 1234.5), 1234.5);
  });
});

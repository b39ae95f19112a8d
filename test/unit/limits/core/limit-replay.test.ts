import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClientDemand } from '../../../../src/limits/core/demand-history.ts';
import {
  type Arrival,
  arrivals,
  replay,
  type ReplayedLimit,
  smallestCapacity,
  smallestRate,
} from '../../../../src/limits/core/limit-replay.ts';
import { SlidingWindow } from '../../../../src/limits/core/sliding-window.ts';
import { TIMINGS } from '../../../../src/limits/core/limits-vocabulary.ts';
import { REFUSED, takeTokens } from '../../../../src/limits/core/token-bucket.ts';
import { seededDraw } from '../../../support/seeded.ts';

const bucket = (capacity: number, ratePerSecond: number): ReplayedLimit => ({ capacity, ratePerSecond, windowMs: 0 });
const window = (capacity: number, windowMs: number): ReplayedLimit => ({ capacity, ratePerSecond: 1, windowMs });

/** Requests by second; cost 1. */
function demand(counts: Readonly<Record<number, number>>, cost = 1): ClientDemand {
  const seconds = Object.keys(counts).map(Number);
  const requests = Object.values(counts);
  return { key: 'a', from: 0, to: 3599, seconds, requests, tokens: requests.map((n) => n * cost), saturated: 0 };
}

describe('when the requests of a second come', () => {
  test('all at once: at its beginning', () => {
    assert.deepEqual(arrivals(demand({ 7: 25 }, 2), 'at_once'), [{ atMs: 7000, count: 25, cost: 2 }]);
  });

  test('evenly: in tenths, the first at the beginning', () => {
    const times = (count: number) => arrivals(demand({ 7: count }), 'even').map(({ atMs, count: n }) => [atMs, n]);
    assert.deepEqual(times(1), [[7000, 1]]);
    assert.deepEqual(times(2), [
      [7000, 1],
      [7500, 1],
    ]);
    assert.deepEqual(times(3), [
      [7000, 1],
      [7300, 1],
      [7600, 1],
    ]);
    assert.deepEqual(times(25)[0], [7000, 3]);
    assert.equal(
      arrivals(demand({ 7: 25 }), 'even').reduce((sum, { count }) => sum + count, 0),
      25,
    );
  });
});

describe('a replay', () => {
  test('of a bucket refuses what it cannot hold, and says how long and when', () => {
    const all = arrivals(demand({ 10: 5, 11: 5, 100: 9 }), 'at_once');
    // 10: 3 of 5. 11: one has come back. 100: 3 of 9.
    assert.deepEqual(replay(all, bucket(3, 1)), {
      refused: 2 + 4 + 6,
      longestWaitMs: 1000,
      worstMinute: { startMs: 10_000, refused: 6 },
    });
    assert.deepEqual(replay(all, bucket(9, 1)), { refused: 0, longestWaitMs: 0, worstMinute: null });
  });

  test('the worst minute is any 60 seconds', () => {
    const all = arrivals(demand({ 50: 2, 80: 3, 109: 2, 110: 2, 500: 6 }), 'at_once');
    assert.deepEqual(replay(all, bucket(1, 0.001)).worstMinute, { startMs: 80_000, refused: 7 });
  });

  test('of a window refuses what is above its limit', () => {
    const all = arrivals(demand({ 60: 5, 61: 5, 180: 9 }), 'at_once');
    const { refused, longestWaitMs } = replay(all, window(8, 60_000));
    assert.equal(refused, 2 + 1);
    // The 9th at 180: until 7 of the 8 count, after the next window has begun.
    assert.equal(longestWaitMs, 60_000 + 60_000 / 8);
  });

  test('a cost above the capacity is always refused, and no wait helps', () => {
    const all = arrivals(demand({ 10: 4 }, 5), 'at_once');
    assert.deepEqual(replay(all, bucket(4, 1)), {
      refused: 4,
      longestWaitMs: Infinity,
      worstMinute: { startMs: 10_000, refused: 4 },
    });
    assert.equal(smallestCapacity(all, bucket(4, 1)), 20);
    assert.equal(smallestRate(all, 4), null);
  });

  test('admits as many as the limiter does, one by one', () => {
    const draw = seededDraw(7);
    for (let round = 0; round < 300; round += 1) {
      const all = someArrivals(draw);
      const capacity = 1 + draw.below(40);
      const ratePerSecond = draw.of([0.01, 0.3, 1, 7, 33.3]);
      const windowMs = draw.of([400, 1000, 7000, 60_000]);
      let tat = 0;
      const counted = new SlidingWindow({ limit: capacity, windowMs });
      let refusedByBucket = 0;
      let refusedByWindow = 0;
      for (const { atMs, count, cost } of all) {
        for (let each = 0; each < count; each += 1) {
          const next = takeTokens(tat, cost, capacity, ratePerSecond, atMs);
          if (next === REFUSED) refusedByBucket += 1;
          else tat = next;
          if (counted.take(cost, atMs) > 0) refusedByWindow += 1;
        }
      }
      assert.equal(replay(all, bucket(capacity, ratePerSecond)).refused, refusedByBucket, `bucket, round ${round}`);
      assert.equal(replay(all, window(capacity, windowMs)).refused, refusedByWindow, `window, round ${round}`);
    }
  });
});

describe('the smallest limit', () => {
  test('refuses nobody, and a smaller one does', () => {
    const draw = seededDraw(11);
    for (let round = 0; round < 300; round += 1) {
      const all = someArrivals(draw);
      const most = Math.max(...all.map(({ cost }) => cost));
      for (const limit of [bucket(1, draw.of([0.01, 0.3, 1, 7, 33.3])), window(1, draw.of([400, 7000, 60_000]))]) {
        const capacity = smallestCapacity(all, limit);
        assert.equal(replay(all, { ...limit, capacity }).refused, 0, `round ${round}: ${capacity}`);
        if (capacity > most)
          assert.ok(replay(all, { ...limit, capacity: capacity - 1 }).refused > 0, `round ${round}: ${capacity} - 1`);
      }
      const capacity = Math.max(...all.map(({ count, cost }) => count * cost)) + draw.below(20);
      const rate = smallestRate(all, capacity)!;
      assert.equal(replay(all, bucket(capacity, Math.max(rate, capacity / 3e7))).refused, 0, `round ${round}: ${rate}`);
      if (rate > 0)
        assert.ok(replay(all, bucket(capacity, rate * 0.985)).refused > 0, `round ${round}: ${rate} - 1.5 %`);
    }
  });

  test('nobody came: anything is enough', () => {
    assert.equal(smallestCapacity([], bucket(5, 1)), 1);
    assert.equal(smallestCapacity([], window(5, 1000)), 1);
    assert.equal(smallestRate([], 5), 0);
  });

  test('the rate is rounded up to three digits, and never below what is needed anyway', () => {
    const all = arrivals(demand({ 10: 10, 13: 10 }), 'at_once');
    assert.equal(smallestRate(all, 10), 3.34);
    assert.equal(smallestRate(all, 10, 3.5), 3.5);
    assert.equal(smallestRate(all, 10, 3), 3.34);
    assert.equal(smallestRate(all, 9), null);
    assert.equal(smallestRate(all, 20), 0);
  });

  test('spread evenly, a steady client needs little; at once, as much as it sends in a second', () => {
    const steady = demand(Object.fromEntries(Array.from({ length: 60 }, (_, at) => [at + 1, 10])));
    const needed = TIMINGS.map((timing) => smallestCapacity(arrivals(steady, timing), bucket(1, 10)));
    assert.deepEqual(needed, [1, 10]);
  });
});

function someArrivals(draw: ReturnType<typeof seededDraw>): readonly Arrival[] {
  const cost = draw.of([1, 1, 5]);
  let second = 0;
  const counts: Record<number, number> = {};
  for (let each = 0; each < 40; each += 1) {
    second += draw.of([1, 1, 1, 2, 30]);
    counts[second] = 1 + draw.below(30);
  }
  return arrivals(demand(counts, cost), draw.of(TIMINGS));
}

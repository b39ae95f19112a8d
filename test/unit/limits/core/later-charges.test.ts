/** Costs that are known only after the request was admitted: estimate, then charge or refund the difference. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../../src/core/random.ts';
import { SlidingWindow } from '../../../../src/limits/core/sliding-window.ts';
import {
  balanceAt,
  chargeTokens,
  REFUSED,
  refundTokens,
  takeTokens,
  tokensAt,
  waitMs,
} from '../../../../src/limits/core/token-bucket.ts';
import { closeTo } from '../../../support/bucket-load.ts';

const CAPACITY = 100;
/** Tokens a second. */
const RATE = 10;
const NOW = 1_000_000;

describe('a charge', () => {
  it('takes what is there, and the rest as a debt', () => {
    const tat = chargeTokens(0, 130, CAPACITY, RATE, NOW);
    closeTo(balanceAt(tat, CAPACITY, RATE, NOW), -30, 1e-6);
    assert.equal(tokensAt(tat, CAPACITY, RATE, NOW), 0);
    assert.equal(takeTokens(tat, 1, CAPACITY, RATE, NOW), REFUSED);
    closeTo(waitMs(tat, 1, CAPACITY, RATE, NOW), 3100, 1e-6);
    assert.equal(takeTokens(tat, 1, CAPACITY, RATE, NOW + 3099), REFUSED);
    assert.notEqual(takeTokens(tat, 1, CAPACITY, RATE, NOW + 3100), REFUSED);
  });

  it('leaves a debt of one bucket at most, whatever it costs', () => {
    for (const cost of [200, 201, 1e9, Infinity]) {
      const tat = chargeTokens(0, cost, CAPACITY, RATE, NOW);
      closeTo(balanceAt(tat, CAPACITY, RATE, NOW), -CAPACITY, 1e-6);
      closeTo(balanceAt(chargeTokens(tat, 5, CAPACITY, RATE, NOW), CAPACITY, RATE, NOW), -CAPACITY, 1e-6);
    }
  });

  it('of nothing changes nothing that counts, and never gives anything back', () => {
    const tat = chargeTokens(0, 60, CAPACITY, RATE, NOW);
    closeTo(balanceAt(chargeTokens(tat, 0, CAPACITY, RATE, NOW), CAPACITY, RATE, NOW), 40, 1e-6);
    const back = NOW - 60_000;
    assert.ok(chargeTokens(tat, 1, CAPACITY, RATE, back) >= tat, 'a clock that goes back');
  });

  it('is undone by a refund, also out of a debt', () => {
    const tat = chargeTokens(0, 170, CAPACITY, RATE, NOW);
    closeTo(balanceAt(refundTokens(tat, 150, RATE), CAPACITY, RATE, NOW), 80, 1e-6);
  });
});

describe('a charge to a window', () => {
  it('counts more than the limit, twice of it at most', () => {
    const window = new SlidingWindow({ limit: 10, windowMs: 1000 });
    assert.equal(window.take(4, 500), 0);
    window.charge(9, 600);
    assert.equal(window.used(600), 13);
    window.charge(100, 700);
    assert.equal(window.used(700), 20);
    assert.equal(window.admits(1, 999), false);
  });

  it('is waited for until enough of it has left the window', () => {
    const window = new SlidingWindow({ limit: 10, windowMs: 1000 });
    window.charge(20, 0);
    // In the next window it weighs 20 × (1 − elapsed).
    assert.equal(window.waitMs(1, 0), 1550);
    assert.equal(window.take(1, 1549), 1);
    assert.equal(window.take(1, 1550), 0);
  });

  it('counts what the last window had', () => {
    const window = new SlidingWindow({ limit: 10, windowMs: 1000 });
    window.charge(20, 0);
    window.charge(20, 1500);
    assert.equal(window.used(1500), 20);
    assert.equal(window.current, 10);
  });
});

/** A limit with answers that end some time after their requests. */
interface Limit {
  take(cost: number, nowMs: number): boolean;
  /** Charges or gives back; returns nothing. */
  adjust(by: number, takenMs: number, nowMs: number): void;
  /** Below 0: a debt. */
  balance(nowMs: number): number;
}

function bucket(): Limit {
  let tat = 0;
  return {
    take(cost, nowMs) {
      const next = takeTokens(tat, cost, CAPACITY, RATE, nowMs);
      if (next !== REFUSED) tat = next;
      return next !== REFUSED;
    },
    adjust(by, _takenMs, nowMs) {
      tat = by > 0 ? chargeTokens(tat, by, CAPACITY, RATE, nowMs) : refundTokens(tat, -by, RATE);
    },
    balance: (nowMs) => balanceAt(tat, CAPACITY, RATE, nowMs),
  };
}

function slidingWindow(): Limit {
  const window = new SlidingWindow({ limit: CAPACITY, windowMs: (CAPACITY * 1000) / RATE });
  return {
    take: (cost, nowMs) => window.take(cost, nowMs) === 0,
    adjust(by, takenMs, nowMs) {
      if (by > 0) window.charge(by, nowMs);
      else window.refund(-by, takenMs);
    },
    balance: (nowMs) => CAPACITY - window.used(nowMs),
  };
}

interface Run {
  /** Of answers that have ended, what was charged in the end, and of those that run, their estimates. */
  readonly charged: number;
  readonly elapsedMs: number;
  readonly leastBalance: number;
  readonly refused: number;
}

/** Random arrivals, estimates, costs and durations. @param skew costs are up to so many times the estimate */
function run(limit: Limit, seed: number, skew: number): Run {
  const random = seededRandom(seed);
  const running: { endMs: number; takenMs: number; estimate: number; cost: number }[] = [];
  let nowMs = NOW;
  let charged = 0;
  let refused = 0;
  let leastBalance = CAPACITY;
  const adjust = (by: number, takenMs: number): void => {
    const before = limit.balance(nowMs);
    limit.adjust(by, takenMs, nowMs);
    // What the limit forgives is not charged.
    charged += by > 0 ? before - limit.balance(nowMs) : by;
    leastBalance = Math.min(leastBalance, limit.balance(nowMs));
  };
  for (let request = 0; request < 4000; request += 1) {
    nowMs += random() * 2 * (random() < 0.01 ? 30_000 : 300);
    for (const ended of running.filter(({ endMs }) => endMs <= nowMs)) {
      running.splice(running.indexOf(ended), 1);
      adjust(ended.cost - ended.estimate, ended.takenMs);
    }
    const estimate = 1 + Math.floor(random() * 20);
    if (!limit.take(estimate, nowMs)) {
      refused += 1;
      continue;
    }
    charged += estimate;
    const cost = Math.floor(random() * skew * estimate);
    running.push({ endMs: nowMs + random() * 20_000, takenMs: nowMs, estimate, cost });
  }
  return { charged, elapsedMs: nowMs - NOW, leastBalance, refused };
}

for (const skew of [0.5, 2, 10, 100]) {
  describe(`with costs of up to ${skew} × the estimate`, () => {
    it('a bucket never charges more than two buckets and what has refilled', () => {
      for (let seed = 1; seed <= 10; seed += 1) {
        const { charged, elapsedMs, leastBalance, refused } = run(bucket(), seed, skew);
        const bound = 2 * CAPACITY + (RATE * elapsedMs) / 1000;
        assert.ok(charged <= bound + 1e-3, `${charged} charged, ${bound} allowed`);
        assert.ok(leastBalance >= -CAPACITY - 1e-3, `a balance of ${leastBalance}`);
        // Clients that go on asking use what they have: the bound is near.
        if (skew >= 2) assert.ok(refused > 100 && charged > 0.5 * bound, `${charged} of ${bound}, ${refused} refused`);
      }
    });

    it('a window never has more than twice its limit in use', () => {
      for (let seed = 1; seed <= 10; seed += 1) {
        const { leastBalance, refused } = run(slidingWindow(), seed, skew);
        assert.ok(leastBalance >= -CAPACITY - 1e-6, `a balance of ${leastBalance}`);
        if (skew >= 2) assert.ok(refused > 100);
      }
    });
  });
}

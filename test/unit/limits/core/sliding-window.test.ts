import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../../src/core/random.ts';
import { SlidingWindow } from '../../../../src/limits/core/sliding-window.ts';

function filled(limit: number, windowMs: number, cost: number, atMs: number): SlidingWindow {
  const window = new SlidingWindow({ limit, windowMs });
  assert.equal(window.take(cost, atMs), 0);
  return window;
}

describe('a sliding window', () => {
  it('admits up to its limit', () => {
    const window = filled(3, 1000, 2, 0);
    assert.equal(window.take(1, 1), 0);
    assert.notEqual(window.take(1, 2), 0);
    assert.equal(window.used(2), 3);
  });

  it('weights the last window by the share of it that still counts', () => {
    const window = filled(100, 1000, 100, 500);
    for (const [nowMs, used] of [
      [500, 100],
      [999, 100],
      [1000, 100],
      [1250, 75],
      [1999, 0.1],
      [2000, 0],
      [9000, 0],
    ] as const) {
      assert.ok(Math.abs(window.used(nowMs) - used) < 1e-9, `at ${nowMs}`);
    }
  });

  it('does not count refused requests', () => {
    const window = filled(10, 1000, 10, 0);
    for (let turn = 0; turn < 1000; turn += 1) window.take(1, 900);
    assert.equal(window.used(900), 10);
    assert.equal(window.take(1, 1099), 1);
    assert.equal(window.take(1, 1100), 0);
  });

  it('forgets everything after two windows without a request', () => {
    const window = filled(10, 1000, 10, 999);
    assert.notEqual(window.take(10, 1999), 0);
    assert.equal(window.take(10, 2000), 0);
  });

  it('says how long to wait when only the last window is in the way', () => {
    const window = filled(100, 1000, 100, 0);
    assert.equal(window.take(50, 1200), 300);
    assert.equal(window.take(50, 1499), 1);
    assert.equal(window.take(50, 1500), 0);
  });

  it('says how long to wait when this window is in the way', () => {
    const window = filled(100, 1000, 100, 200);
    assert.equal(window.take(25, 200), 1050);
    assert.notEqual(window.take(25, 1249), 0);
    assert.equal(window.take(25, 1250), 0);
  });

  it('never admits a cost above its limit', () => {
    assert.equal(new SlidingWindow({ limit: 5, windowMs: 1000 }).take(6, 0), Infinity);
    assert.equal(filled(5, 1000, 3, 0).take(6, 0), Infinity);
  });

  it('weights the last window in the same way once it counts in this one', () => {
    const window = filled(100, 1000, 60, 500);
    assert.equal(window.take(10, 1250), 0);
    assert.equal(window.used(1250), 0.75 * 60 + 10);
    assert.equal(window.used(1500), 0.5 * 60 + 10);
    assert.equal(window.used(2500), 0.5 * 10);
  });

  it('admits a caller that waited as long as asked, and not one a millisecond early', () => {
    const random = seededRandom(4);
    const window = new SlidingWindow({ limit: 20, windowMs: 60_000 });
    let nowMs = 365 * 86_400_000;
    for (let turn = 0; turn < 5000; turn += 1) {
      const cost = 1 + Math.floor(random() * 20);
      const wait = window.take(cost, nowMs);
      if (wait > 0) {
        assert.notEqual(window.take(cost, nowMs + wait - 2), 0);
        nowMs += wait;
        assert.equal(window.take(cost, nowMs), 0, `turn ${turn}`);
      }
      nowMs += random() * 5000;
    }
  });

  it('never admits more than twice the limit in any window, and the limit on average', () => {
    const window = new SlidingWindow({ limit: 100, windowMs: 1000 });
    let total = 0;
    for (let nowMs = 0; nowMs < 100_000; nowMs += 1) if (window.take(1, nowMs) === 0) total += 1;
    assert.ok(total >= 9900 && total <= 10_200, `${total} in 100 windows`);
  });
});

describe('a refund', () => {
  it('goes to the window in which it was taken, and leaves no less than nothing', () => {
    const window = filled(100, 1000, 60, 500);
    window.refund(10, 600);
    assert.equal(window.used(600), 50);
    assert.equal(window.take(20, 1500), 0);
    window.refund(30, 500);
    assert.deepEqual([window.previous, window.current], [20, 20]);
    window.refund(99, 500);
    assert.deepEqual([window.previous, window.current], [0, 20]);
    window.refund(99, 1500);
    assert.equal(window.current, 0);
  });

  it('of a window that has gone changes nothing, and one from ahead of the clock is of this one', () => {
    const window = filled(100, 1000, 60, 5500);
    assert.equal(window.take(20, 6500), 0);
    window.refund(10, 4999);
    assert.deepEqual([window.previous, window.current], [60, 20]);
    window.refund(5, 7500);
    assert.deepEqual([window.previous, window.current], [60, 15]);
  });
});

describe('what is used', () => {
  it('can be set: rounded up, 0 to twice the limit, as if taken now', () => {
    for (const [used, counted] of [
      [2.5, 3],
      [4, 4],
      [11, 11],
      [21, 20],
      [-1, 0],
    ] as const) {
      const window = filled(10, 1000, 7, 500);
      assert.equal(window.take(3, 1999), 0);
      window.setUsed(used, 2500);
      assert.equal(window.used(2500), counted);
      assert.deepEqual([window.previous, window.endsMs], [0, 4000]);
    }
  });
});

describe('a state that is kept elsewhere', () => {
  const loaded = (windowMs: number, endsMs: number, nowMs: number): SlidingWindow => {
    const window = new SlidingWindow({ limit: 1, windowMs: 1 });
    window.load(10, windowMs, endsMs, 6, 4, nowMs);
    return window;
  };

  it('continues where it was', () => {
    const window = filled(10, 1000, 4, 500);
    window.take(6, 1900);
    assert.deepEqual([window.endsMs, window.current, window.previous], [3000, 6, 4]);
    const again = loaded(1000, window.endsMs, 1900);
    for (const nowMs of [1900, 2000, 2250, 2999, 3000]) assert.equal(again.used(nowMs), window.used(nowMs), `${nowMs}`);
    assert.equal(again.endsMs, 3000);
    assert.equal(again.take(4, 1900), window.take(4, 1900));
  });

  it('ends at a boundary, to a microsecond', () => {
    const windowMs = 100 / 3;
    assert.equal(loaded(windowMs, 51 * windowMs + 0.0005, 1690).endsMs, 51 * windowMs);
    assert.equal(loaded(windowMs, 51 * windowMs + 0.0015, 1690).endsMs, 52 * windowMs);
  });

  it('has expired at its end, not before', () => {
    assert.equal(loaded(1000, 3000, 2999).current, 6);
    const over = loaded(1000, 3000, 3000);
    assert.deepEqual([over.used(3000), over.previous, over.endsMs], [0, 0, 5000]);
    assert.equal(loaded(1000, 3000, 9500).endsMs, 11_000);
  });

  it('of other settings counts from now on', () => {
    const window = loaded(700, 3000, 1500);
    assert.equal(window.endsMs, 2800);
    assert.ok(Math.abs(window.used(1500) - (6 + 4 * (6 / 7))) < 1e-9);
  });
});

describe('a clock that goes back', () => {
  it('gives nothing away', () => {
    const window = filled(10, 1000, 10, 5000);
    for (const nowMs of [4999, 3000, 0]) assert.notEqual(window.take(1, nowMs), 0, `at ${nowMs}`);
    assert.equal(window.used(0), 10);
  });

  it('is waited out', () => {
    assert.equal(filled(10, 1000, 10, 5000).take(1, 4000), 2100);
  });
});

describe('settings', () => {
  for (const limit of [0, -1, Infinity, Number.NaN]) {
    it(`refuse a limit of ${limit}`, () => {
      const message = `limit must be above 0 and finite, not ${limit}`;
      assert.throws(() => new SlidingWindow({ limit, windowMs: 1 }), { name: 'RangeError', message });
    });
  }
  for (const windowMs of [0, -1, Infinity, Number.NaN]) {
    it(`refuse a window of ${windowMs} ms`, () => {
      const message = `windowMs must be above 0 and finite, not ${windowMs}`;
      assert.throws(() => new SlidingWindow({ limit: 1, windowMs }), { name: 'RangeError', message });
    });
  }
});

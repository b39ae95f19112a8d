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

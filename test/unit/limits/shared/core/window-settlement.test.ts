import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Settlement, settle } from '../../../../../src/limits/shared/core/bucket-settlement.ts';
import type { StoredWindow } from '../../../../../src/limits/shared/core/stored-window.ts';
import { settleWindow, type WindowSettlement } from '../../../../../src/limits/shared/core/window-settlement.ts';

/** Ten in 10 ms. */
const NOTHING: WindowSettlement = {
  limit: 10,
  windowUs: 10_000,
  charge: 0,
  sinceUs: 0,
  want: 0,
  least: 1,
  refund: 0,
  refundAtUs: 0,
  used: -1,
  untilUs: 0,
};
/** The beginning of a window. */
const NOW = 1e9;

function granted(count: number, nowUs = NOW): StoredWindow {
  return settleWindow(null, { ...NOTHING, want: count }, nowUs).window;
}

function left(stored: StoredWindow | null, nowUs: number): number {
  return settleWindow(stored, { ...NOTHING, want: 100 }, nowUs).settled.granted;
}

describe('a shared window on the server', () => {
  it('grants what the limit leaves; the last window counts by the part that still overlaps', () => {
    assert.equal(left(granted(10), NOW), 0);
    assert.equal(left(granted(10), NOW + 10_000), 0);
    assert.equal(left(granted(10), NOW + 15_000), 5);
    assert.equal(left(granted(10), NOW + 20_000), 10);
  });

  it('has room when that has come, whatever part of a microsecond it takes', () => {
    const hundred = { ...NOTHING, limit: 100, windowUs: 1_000_000 };
    const full = settleWindow(null, { ...hundred, want: 100 }, 3e13 - 1).window;
    for (let percent = 1; percent < 100; percent += 1) {
      const { settled } = settleWindow(full, { ...hundred, want: 100 }, 3e13 + percent * 10_000);
      assert.equal(settled.granted, percent);
    }
  });

  it('grants nothing rather than less than is useful', () => {
    assert.equal(settleWindow(granted(7), { ...NOTHING, want: 5, least: 5 }, NOW).settled.granted, 0);
    assert.equal(settleWindow(granted(7), { ...NOTHING, want: 5, least: 1 }, NOW).settled.granted, 3);
  });

  it('charges also beyond the limit, up to twice; of an old charge, what would still count', () => {
    assert.equal(settleWindow(granted(10), { ...NOTHING, charge: 4 }, NOW).settled.current, 14);
    assert.equal(settleWindow(granted(10), { ...NOTHING, charge: 400 }, NOW).settled.current, 20);
    const old = settleWindow(null, { ...NOTHING, charge: 8, sinceUs: 40_000 }, NOW + 5000).settled;
    assert.deepEqual([old.previous, old.current], [2, 1]);
    const recent = settleWindow(null, { ...NOTHING, charge: 9, sinceUs: 7500 }, NOW + 5000).settled;
    assert.deepEqual([recent.previous, recent.current], [3, 6]);
  });

  it('takes a refund from the window of its grant', () => {
    const refund = { ...NOTHING, refund: 4, refundAtUs: NOW };
    assert.equal(settleWindow(granted(10), refund, NOW + 5000).settled.current, 6);
    assert.equal(settleWindow(granted(10), refund, NOW + 12_000).settled.previous, 6);
    const later = settleWindow(granted(10), { ...NOTHING, want: 1 }, NOW + 25_000).window;
    assert.equal(settleWindow(later, refund, NOW + 26_000).settled.current, 1);
  });

  it('keeps what was counted under another limit, and the share that is used under another length', () => {
    assert.equal(settleWindow(granted(8), { ...NOTHING, limit: 100 }, NOW).settled.current, 8);
    assert.equal(settleWindow(granted(8), { ...NOTHING, limit: 100, windowUs: 1_000_000 }, NOW).settled.current, 80);
  });

  it('keeps the share that is used when it was a bucket before, and the other way round', () => {
    const { limit, windowUs, used, ...rest } = NOTHING;
    const ofBucket: Settlement = { ...rest, capacity: 50, tokenUs: 2000, aheadUs: -1 };
    const bucket = settle(null, { ...ofBucket, want: 35 }, NOW).bucket;
    assert.equal(settleWindow(bucket, NOTHING, NOW).settled.current, 7);
    assert.equal(settleWindow(bucket, NOTHING, NOW + 1e6).settled.current, 0);
    assert.equal(settle(granted(8), ofBucket, NOW).settled.aheadUs, 80_000);
    // Half of it still counts.
    assert.equal(settle(granted(8), ofBucket, NOW + 15_000).settled.aheadUs, 40_000);
    assert.equal(settle(granted(8), ofBucket, NOW + 25_000).settled.aheadUs, 0);
  });

  it('neither grants nor charges what was asked too long ago', () => {
    const asked = { ...NOTHING, charge: 2, want: 3, untilUs: NOW + 10 };
    assert.deepEqual(settleWindow(granted(4), asked, NOW + 10).settled.current, 9);
    assert.deepEqual(settleWindow(granted(4), asked, NOW + 11).settled.current, 4);
  });

  it('after the server lost its data, is as used up as a gateway knows, evenly', () => {
    const { settled } = settleWindow(null, { ...NOTHING, used: 8 }, NOW + 2500);
    assert.deepEqual([settled.previous, settled.current], [8, 2]);
    assert.equal(settleWindow(granted(10), { ...NOTHING, used: 8 }, NOW + 2500).settled.current, 10);
  });

  it('counts all as of now when the clock of the server goes back', () => {
    assert.equal(left(granted(10), NOW - 1e6), 0);
  });
});

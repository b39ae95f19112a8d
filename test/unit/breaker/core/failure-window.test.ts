import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Cells, recordOutcome, sumWindow, WINDOW_CELLS } from '../../../../src/breaker/core/failure-window.ts';
import { seededRandom } from '../../../../src/core/random.ts';

const WINDOW_MS = 10_000;

function sumAt(cells: Cells, nowMs: number, offset = 0, windowMs = WINDOW_MS): [successes: number, failures: number] {
  const sum = { successes: 0, failures: 0 };
  sumWindow(cells, offset, nowMs, windowMs, sum);
  return [sum.successes, sum.failures];
}

describe('a failure window', () => {
  it('is empty in zeroed memory, at any time', () => {
    const cells = new Float64Array(WINDOW_CELLS);
    for (const nowMs of [0, 999, 5000, 1e9]) assert.deepEqual(sumAt(cells, nowMs), [0, 0]);
  });

  it('counts successes and failures apart', () => {
    const cells = new Float64Array(WINDOW_CELLS);
    recordOutcome(cells, 0, false, 100, WINDOW_MS);
    recordOutcome(cells, 0, true, 200, WINDOW_MS);
    recordOutcome(cells, 0, true, 1200, WINDOW_MS);
    assert.deepEqual(sumAt(cells, 1200), [1, 2]);
  });

  it('forgets an outcome when its tenth leaves the window', () => {
    const cells = new Float64Array(WINDOW_CELLS);
    recordOutcome(cells, 0, true, 1500, WINDOW_MS);
    assert.deepEqual(sumAt(cells, 1500), [0, 1]);
    assert.deepEqual(sumAt(cells, 10_999), [0, 1]);
    assert.deepEqual(sumAt(cells, 11_000), [0, 0]);
  });

  it('reuses a bucket whose epoch has passed', () => {
    const cells = new Float64Array(WINDOW_CELLS);
    recordOutcome(cells, 0, true, 1500, WINDOW_MS);
    recordOutcome(cells, 0, false, 11_500, WINDOW_MS);
    assert.deepEqual(sumAt(cells, 11_500), [1, 0]);
  });

  it('keeps to its own row', () => {
    const cells = new Float64Array(3 * WINDOW_CELLS);
    for (let nowMs = 0; nowMs < 30_000; nowMs += 100) recordOutcome(cells, WINDOW_CELLS, true, nowMs, WINDOW_MS);
    assert.deepEqual(sumAt(cells, 29_999, 0), [0, 0]);
    assert.deepEqual(sumAt(cells, 29_999, WINDOW_CELLS), [0, 100]);
    assert.deepEqual(sumAt(cells, 29_999, 2 * WINDOW_CELLS), [0, 0]);
  });

  it('adds to what is there, so that the rows of several threads add up', () => {
    const cells = new Float64Array(2 * WINDOW_CELLS);
    recordOutcome(cells, 0, true, 0, WINDOW_MS);
    recordOutcome(cells, WINDOW_CELLS, true, 0, WINDOW_MS);
    const sum = { successes: 0, failures: 0 };
    sumWindow(cells, 0, 0, WINDOW_MS, sum);
    sumWindow(cells, WINDOW_CELLS, 0, WINDOW_MS, sum);
    assert.deepEqual(sum, { successes: 0, failures: 2 });
  });

  it('agrees with counting what happened in the window', () => {
    const random = seededRandom(6);
    const cells = Array<number>(WINDOW_CELLS).fill(0);
    const failures: number[] = [];
    let nowMs = 0;
    for (let turn = 0; turn < 5000; turn += 1) {
      nowMs += random() * (random() < 0.01 ? 30_000 : 300);
      recordOutcome(cells, 0, true, nowMs, WINDOW_MS);
      failures.push(nowMs);
      const fromMs = (Math.floor(nowMs / 1000) - 9) * 1000;
      assert.equal(sumAt(cells, nowMs)[1], failures.filter((atMs) => atMs >= fromMs).length);
      while (failures[0]! < fromMs) failures.shift();
    }
  });

  it('works after a year, and with a window that is no multiple of ten', () => {
    const cells = new Float64Array(WINDOW_CELLS);
    const nowMs = 365 * 86_400_000;
    recordOutcome(cells, 0, true, nowMs, 333);
    assert.deepEqual(sumAt(cells, nowMs, 0, 333), [0, 1]);
    assert.deepEqual(sumAt(cells, nowMs + 334, 0, 333), [0, 0]);
  });
});

describe('a clock that goes back', () => {
  it('loses nothing of the tenths that are still there', () => {
    const cells = new Float64Array(WINDOW_CELLS);
    recordOutcome(cells, 0, true, 4900, WINDOW_MS);
    recordOutcome(cells, 0, true, 5100, WINDOW_MS);
    recordOutcome(cells, 0, true, 4950, WINDOW_MS);
    assert.deepEqual(sumAt(cells, 4950), [0, 2]);
    assert.deepEqual(sumAt(cells, 5100), [0, 3]);
  });

  it('is not filled with what lies ahead, as after a window was made longer', () => {
    const cells = new Float64Array(WINDOW_CELLS);
    recordOutcome(cells, 0, true, 100_000, WINDOW_MS);
    assert.deepEqual(sumAt(cells, 100_000, 0, 2 * WINDOW_MS), [0, 0]);
    recordOutcome(cells, 0, false, 100_000, 2 * WINDOW_MS);
    assert.deepEqual(sumAt(cells, 100_000, 0, 2 * WINDOW_MS), [1, 0]);
  });
});

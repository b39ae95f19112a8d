import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decayingAverage, fixedAverage } from '../../../src/core/ewma.ts';

function closeTo(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

describe('an average by time', () => {
  it('begins with its first sample', () => assert.equal(decayingAverage(Number.NaN, 42, 0, 10_000), 42));

  it('keeps 1/e of the old value after one window', () => {
    closeTo(decayingAverage(100, 0, 10_000, 10_000), 100 / Math.E);
  });

  it('depends on the time, not on the number of samples', () => {
    const atOnce = decayingAverage(100, 20, 5000, 10_000);
    let inSteps = 100;
    for (let turn = 0; turn < 50; turn += 1) inSteps = decayingAverage(inSteps, 20, 100, 10_000);
    closeTo(inSteps, atOnce);
  });

  it('is replaced after a long silence', () => closeTo(decayingAverage(100, 7, 1e9, 10_000), 7));

  it('stays when no time has passed or the clock went back', () => {
    assert.equal(decayingAverage(100, 7, 0, 10_000), 100);
    assert.equal(decayingAverage(100, 7, -5000, 10_000), 100);
  });
});

describe('an average by count', () => {
  it('begins with its first sample', () => assert.equal(fixedAverage(Number.NaN, 42, 0.2), 42));

  it('moves by alpha towards each sample', () => {
    closeTo(fixedAverage(100, 200, 0.2), 120);
    assert.equal(fixedAverage(100, 200, 0), 100);
    assert.equal(fixedAverage(100, 200, 1), 200);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateWindow } from '../../../../src/telemetry/control/rate-window.ts';

test('a rate is what was counted since the sample that is old enough', () => {
  const rates = new RateWindow(60);
  for (let second = 0; second <= 10; second += 1) rates.sample([second * 100], second * 1000);
  assert.equal(rates.perSecond(0, 1000, 3, 10_000), 100);
  assert.equal(rates.perSecond(0, 1050, 3, 10_500), 1050 / 3.5 - 700 / 3.5);
});

test('with fewer samples it looks as far back as it can, and without any it is 0', () => {
  const rates = new RateWindow(60);
  assert.equal(rates.perSecond(0, 10, 3, 1000), 0);
  rates.sample([0], 1000);
  assert.equal(rates.perSecond(0, 10, 3, 1000), 0);
  assert.equal(rates.perSecond(0, 10, 3, 2000), 10);
});

test('a counter that is new, or was reset, has no rate before its first sample', () => {
  const rates = new RateWindow(60);
  rates.sample([500], 0);
  assert.equal(rates.perSecond(0, 20, 3, 1000), 0);
  assert.equal(rates.perSecond(1, 20, 3, 1000), 0);
  rates.sample([20, 20], 1000);
  assert.equal(rates.perSecond(0, 30, 3, 2000), 10);
  assert.equal(rates.perSecond(1, 30, 3, 2000), 10);
  assert.equal(rates.perSecond(0, 600, 3, 2000), 580, 'also when it has passed what it was before');
});

test('a counter that was away longer than the window brings nothing of before', () => {
  const rates = new RateWindow(3);
  rates.sample([1_000_000], 0);
  for (let second = 1; second <= 10; second += 1) rates.sample([], second * 1000);
  assert.equal(rates.perSecond(0, 1_000_000, 3, 10_500), 0);
  rates.sample([1_000_000], 11_000);
  assert.equal(rates.perSecond(0, 1_000_005, 3, 11_500), 10);
});

test('a counter that was away for a moment is measured from before', () => {
  const rates = new RateWindow(3);
  rates.sample([100], 0);
  rates.sample([], 1000);
  rates.sample([130], 2000);
  assert.equal(rates.perSecond(0, 130, 3, 3000), 10);
});

test('it keeps no more samples than it needs', () => {
  const rates = new RateWindow(2);
  for (let second = 0; second < 100; second += 1) rates.sample([second], second * 1000);
  assert.equal(rates.perSecond(0, 99, 60, 99_000), 1);
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { equalJitterMs, fullJitterMs } from '../../../src/core/backoff.ts';

it('the back-off doubles with every attempt up to its cap', () => {
  const almostOne = 1 - 2 ** -32;
  const times = [0, 1, 2, 3, 4, 5].map((attempt) => Math.round(fullJitterMs(attempt, 25, 250, almostOne)));
  assert.deepEqual(times, [25, 50, 100, 200, 250, 250]);
});

it('the back-off is anywhere from nothing to all of it', () => {
  assert.equal(fullJitterMs(3, 25, 250, 0), 0);
  assert.equal(fullJitterMs(3, 25, 250, 0.5), 100);
});

it('the back-off is a number for an absurd attempt, and nothing for a base of nothing', () => {
  assert.equal(fullJitterMs(1e6, 25, 250, 0.5), 125);
  assert.equal(fullJitterMs(1e6, 0, 250, 0.5), 0);
});

it('the other one is at least half of it', () => {
  assert.equal(equalJitterMs(0, 50, 1000, 0), 25);
  assert.equal(equalJitterMs(0, 50, 1000, 0.5), 37.5);
  assert.equal(equalJitterMs(2, 50, 1000, 0), 100);
  assert.equal(equalJitterMs(1e6, 50, 1000, 0), 500);
  assert.ok(equalJitterMs(1e6, 50, 1000, 1 - 2 ** -32) < 1000);
});

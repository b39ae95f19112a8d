import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weightedScore } from '../../../../src/balancing/core/weighted-hash.ts';
import { hashString32 } from '../../../../src/core/hash.ts';

const CLIENTS = Array.from({ length: 20_000 }, (_, at) => hashString32(`10.0.${at >> 8}.${at & 255}`, 0));
const SALTS = [11, 22, 33];

function winner(key: number, weights: readonly number[]): number {
  const scores = weights.map((weight, at) => weightedScore(key, SALTS[at]!, weight));
  return scores.indexOf(Math.min(...scores));
}

test('an item gets the part of the keys that its weight is of all weights', () => {
  const counts = [0, 0, 0];
  for (const key of CLIENTS) counts[winner(key, [70, 25, 5])]! += 1;
  // Four standard deviations of 20,000 draws.
  for (const [at, share] of [0.7, 0.25, 0.05].entries()) {
    const sigma = Math.sqrt(share * (1 - share) * CLIENTS.length);
    assert.ok(Math.abs(counts[at]! - share * CLIENTS.length) < 4 * sigma, `${at}: ${counts[at]}`);
  }
});

test('a larger weight takes keys from the others, and moves none between them', () => {
  let moved = 0;
  for (const key of CLIENTS) {
    const [before, after] = [winner(key, [70, 25, 5]), winner(key, [70, 25, 10])];
    if (before === after) continue;
    moved += 1;
    assert.equal(after, 2);
  }
  // 10 / 105 − 5 / 100 of them.
  assert.ok(Math.abs(moved / CLIENTS.length - 0.0452) < 0.006, `${moved}`);
});

test('a weight of 0 never wins', () => {
  assert.equal(weightedScore(1, 2, 0), Infinity);
  assert.ok(CLIENTS.every((key) => winner(key, [1, 0, 0]) === 0));
});

test('every hash has a finite score', () => {
  for (const key of [0, -1, 1, 0x7fffffff, 0xffffffff]) assert.ok(weightedScore(key, 0, 1) > 0);
});

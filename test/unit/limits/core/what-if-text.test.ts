import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  countsText,
  limitText,
  rateText,
  type ToldVerdict,
  whatIfText,
} from '../../../../src/limits/core/what-if-text.ts';

function verdict(
  even: number,
  atOnce: number,
  rate: number | null = 5,
  windowSeconds: number | null = null,
): ToldVerdict {
  return {
    limit: { capacity: 1200, rate_per_second: 0.25, window_seconds: windowSeconds },
    even: { refused: even, smallest_capacity: 20, smallest_rate_per_second: rate },
    at_once: { refused: atOnce, smallest_capacity: 1180, smallest_rate_per_second: rate },
  };
}

test('the answer in a sentence', () => {
  const smallest = 'smallest capacity that refuses none: 1,180';
  assert.equal(
    whatIfText(3201, 3600, verdict(14, 31)),
    `would have refused 14 to 31 of 3,201 requests in the last 60 min; ${smallest}`,
  );
  assert.equal(
    whatIfText(7, 119, verdict(0, 0)),
    `would have refused none of 7 requests in the last 119 s; ${smallest}`,
  );
  assert.equal(whatIfText(0, 120, verdict(0, 0)), 'no requests in the last 2 min');
});

test('counts as a range, limits and rates in words', () => {
  assert.deepEqual([countsText(0, 0), countsText(1000, 1000), countsText(31, 14)], ['none', '1,000', '14 to 31']);
  assert.equal(countsText(0, 5), '0 to 5');
  assert.deepEqual(
    [limitText(verdict(0, 0).limit), limitText(verdict(0, 0, null, 0.4).limit)],
    ['1,200, then 0.25/s', '1,200 in any 0.4 s'],
  );
  assert.deepEqual(
    [verdict(0, 0, 1234.567), verdict(0, 0, 0), verdict(0, 0, null), verdict(0, 0, null, 60)].map(rateText),
    ['1,235/s', 'any rate', 'no rate', '–'],
  );
});

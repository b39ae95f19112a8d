import { test } from 'node:test';
import assert from 'node:assert/strict';
import {
  backOffMs,
  issuerFor,
  nextAttemptMs,
  recentAttempts,
  renewalDueMs,
} from '../../../../src/acme/core/renewal-plan.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

for (const days of [6, 45, 90]) {
  test(`a certificate of ${days} days is renewed around two thirds of its life`, () => {
    const due = (random: number): number => renewalDueMs(1000, 1000 + days * DAY_MS, null, random) - 1000;
    assert.equal(due(0), (days * DAY_MS * 2) / 3);
    assert.equal(Math.round(due(1)), Math.round(days * DAY_MS * (2 / 3 - 0.05)));
  });
}

test('the suggested window decides, also one in the past, but not for a certificate that is new', () => {
  const window = { startMs: 10 * DAY_MS, endMs: 12 * DAY_MS };
  assert.equal(renewalDueMs(0, 90 * DAY_MS, window, 0), 10 * DAY_MS);
  assert.equal(renewalDueMs(0, 90 * DAY_MS, window, 0.5), 11 * DAY_MS);
  const past = { startMs: 2 * DAY_MS, endMs: 3 * DAY_MS };
  assert.equal(renewalDueMs(0, 90 * DAY_MS, past, 1), 3 * DAY_MS);
  assert.equal(renewalDueMs(0, 90 * DAY_MS, { startMs: -2 * DAY_MS, endMs: -DAY_MS }, 1), 0.9 * DAY_MS);
});

test('a window that is too late does not let the certificate expire', () => {
  assert.equal(renewalDueMs(0, 90 * DAY_MS, { startMs: 89 * DAY_MS, endMs: 99 * DAY_MS }, 0.5), 75 * DAY_MS);
});

test('tries are ten times as far apart each time, up to a day, give or take a tenth', () => {
  const minutes = (failures: number, random: number): number => Math.round(backOffMs(failures, random) / 60_000);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 50].map((failures) => minutes(failures, 0.5)),
    [1, 10, 100, 1440, 1440, 1440],
  );
  assert.deepEqual([minutes(2, 0), minutes(2, 1)], [9, 11]);
});

test('the fifth try within an hour waits until the first is an hour ago', () => {
  const attempts = [1, 2, 3].map((at) => at * 1000);
  assert.equal(nextAttemptMs(attempts, 10_000), 10_000);
  assert.equal(nextAttemptMs([...attempts, 4000], 10_000), 1000 + HOUR_MS);
  assert.equal(nextAttemptMs([4000, 3000, 2000, 1000], 1000 + HOUR_MS), 1000 + HOUR_MS);
  assert.deepEqual(recentAttempts([...attempts, 4000], 1000 + HOUR_MS), [2000, 3000, 4000]);
});

test('attempts of the future, before the clock was set back, do not count', () => {
  assert.deepEqual(recentAttempts([1000, DAY_MS], 2000), [1000]);
});

test('another authority takes over after three failures, and in the end the first again', () => {
  const used = Array.from({ length: 8 }, (_, failures) => issuerFor(['a', 'b'], failures));
  assert.equal(used.join(''), 'aaabbbaa');
  assert.equal(issuerFor(['a'], 100), 'a');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directivesOf } from '../../../../../src/policies/cache/core/cache-control.ts';
import {
  type AnswerTimes,
  type Freshness,
  freshnessOf,
  mayReplaceError,
  statedLifetime,
  type Use,
  useOf,
} from '../../../../../src/policies/cache/core/freshness.ts';

const NOW = 1_000_000;
const DEFAULTS = { ttl: 7, staleWhileRevalidate: 0, staleIfError: 0 };

function times(control: string, more: Partial<AnswerTimes> = {}): AnswerTimes {
  return { directives: directivesOf(control), date: NOW, expires: undefined, age: undefined, ...more };
}

test('s-maxage comes before max-age, and that before Expires', () => {
  assert.equal(statedLifetime(times('max-age=1, s-maxage=2', { expires: NOW + 3 }), NOW), 2);
  assert.equal(statedLifetime(times('max-age=1', { expires: NOW + 3 }), NOW), 1);
  assert.equal(statedLifetime(times('', { expires: NOW + 3 }), NOW), 3);
  assert.equal(statedLifetime(times('', { expires: NOW + 3, date: undefined }), NOW + 1), 2);
  assert.equal(statedLifetime(times('', { expires: NOW - 3 }), NOW), 0);
  assert.equal(statedLifetime(times('', { expires: NaN }), NOW), 0);
  assert.equal(statedLifetime(times('public'), NOW), undefined);
});

test('the age counts from Date, from Age, and the time that the answer took', () => {
  const initialAge = (more: Partial<AnswerTimes>, asked = NOW): number =>
    freshnessOf(times('max-age=60', more), DEFAULTS, asked, NOW).initialAge;
  assert.equal(initialAge({}), 0);
  assert.equal(initialAge({ date: NOW - 5 }), 5);
  assert.equal(initialAge({ date: NOW + 5 }), 0);
  assert.equal(initialAge({ age: 10 }), 10);
  assert.equal(initialAge({ age: 10 }, NOW - 2), 12);
  assert.equal(initialAge({ age: 10, date: NOW - 30 }), 30);
  assert.equal(initialAge({ date: undefined }), 0);
  assert.equal(initialAge({ date: NaN }), 0);
});

test('the defaults apply where the answer says nothing', () => {
  const made = freshnessOf(times('stale-if-error=9'), { ttl: 7, staleWhileRevalidate: 8, staleIfError: 1 }, NOW, NOW);
  assert.deepEqual([made.lifetime, made.staleWhileRevalidate, made.staleIfError], [7, 8, 9]);
});

test('an entry is fresh before its lifetime ends, and requests may demand more or less', () => {
  const use = (control: string, age: number, request = ''): Use => {
    return useOf(freshnessOf(times(control), DEFAULTS, NOW, NOW), age, directivesOf(request));
  };
  assert.equal(use('max-age=10', 9.9), 'fresh');
  assert.equal(use('max-age=10', 10), 'check');
  assert.equal(use('max-age=10, no-cache', 0), 'check');
  assert.equal(use('max-age=10', 1, 'no-cache'), 'check');
  assert.equal(use('max-age=10', 1, 'max-age=1'), 'fresh');
  assert.equal(use('max-age=10', 1.1, 'max-age=1'), 'check');
  assert.equal(use('max-age=10', 5, 'min-fresh=5'), 'fresh');
  assert.equal(use('max-age=10', 5.1, 'min-fresh=5'), 'check');
  assert.equal(use('max-age=10', 12, 'max-stale=3'), 'stale');
  assert.equal(use('max-age=10', 13, 'max-stale=3'), 'check');
  assert.equal(use('max-age=10', 9999, 'max-stale'), 'stale');
  for (const strict of ['must-revalidate', 'proxy-revalidate', 's-maxage=10']) {
    assert.equal(use(`max-age=10, ${strict}, stale-while-revalidate=99`, 11, 'max-stale'), 'check', strict);
  }
  assert.equal(use('max-age=10, stale-while-revalidate=5', 14.9), 'stale-check');
  assert.equal(use('max-age=10, stale-while-revalidate=5', 15), 'check');
});

test('a stale entry replaces an error within stale-if-error, unless it must be checked', () => {
  const may = (control: string, age: number, request = ''): boolean => {
    const freshness: Freshness = freshnessOf(times(control), DEFAULTS, NOW, NOW);
    return mayReplaceError(freshness, age, directivesOf(request));
  };
  assert.equal(may('max-age=10, stale-if-error=5', 14.9), true);
  assert.equal(may('max-age=10, stale-if-error=5', 15), false);
  assert.equal(may('max-age=10', 11), false);
  assert.equal(may('max-age=10', 11, 'stale-if-error=5'), true);
  assert.equal(may('max-age=10, stale-if-error=5, must-revalidate', 11), false);
  assert.equal(may('max-age=10, stale-if-error=5, no-cache', 11), false);
});

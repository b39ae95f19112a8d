import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHttpDate } from '../../../src/http/http-date.ts';

const NOW = Date.UTC(2026, 11, 1) / 1000;
const SECOND = Date.UTC(1994, 10, 6, 8, 49, 37) / 1000;

test('all three forms of a date are read', () => {
  for (const text of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
    assert.equal(parseHttpDate(text, NOW), SECOND, text);
  }
});

test('a year of two digits is at most fifty years ahead', () => {
  const year = (digits: string): number =>
    new Date(parseHttpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`, NOW) * 1000).getUTCFullYear();
  assert.equal(year('76'), 2076);
  assert.equal(year('77'), 1977);
});

test('anything else is no date', () => {
  for (const text of [
    '',
    '0',
    '-1',
    'now',
    'Sun, 06 Nov 1994',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:49:37 GMT',
  ]) {
    assert.ok(Number.isNaN(parseHttpDate(text, NOW)), text);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatDuration, parseDuration } from '../../../../src/config/schema/duration.ts';

test('a duration is a number and its unit', () => {
  assert.equal(parseDuration('250ms'), 250);
  assert.equal(parseDuration('5s'), 5000);
  assert.equal(parseDuration('1m'), 60_000);
  assert.equal(parseDuration('1h'), 3_600_000);
  assert.equal(parseDuration('1.5s'), 1500);
  assert.equal(parseDuration('0s'), 0);
  assert.equal(parseDuration('0'), 0);
});

test('anything else is no duration', () => {
  for (const text of [
    '',
    '5',
    's',
    '5 s',
    ' 5s',
    '5sec',
    '-5s',
    '+5s',
    '1e3s',
    '5S',
    '.5s',
    '5s5',
    '1h30m',
    'NaNs',
    '5s\n',
  ]) {
    assert.equal(parseDuration(text), undefined, JSON.stringify(text));
  }
});

test('the text of a duration reads back as the same duration', () => {
  for (const ms of [0, 1, 250, 999, 1000, 1500, 60_000, 90_000, 3_600_000, 86_400_000]) {
    assert.equal(parseDuration(formatDuration(ms)), ms);
  }
  assert.equal(formatDuration(60_000), '1m');
  assert.equal(formatDuration(1500), '1500ms');
});

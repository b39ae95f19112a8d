import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CalendarPeriod } from '../../../src/limits/quotas/calendar-period.ts';

const at = (text: string): number => Date.parse(text);
const HOUR_MS = 3_600_000;

test('a day ends at midnight of its time zone, and the next has the next number', () => {
  for (const [zone, last] of [
    ['UTC', '2026-03-01T23:59:59.999Z'],
    ['Asia/Tokyo', '2026-03-01T14:59:59.999Z'],
    ['America/Los_Angeles', '2026-03-02T07:59:59.999Z'],
    ['Pacific/Kiritimati', '2026-03-01T09:59:59.999Z'],
  ] as const) {
    const period = new CalendarPeriod('day', zone);
    period.moveTo(at(last));
    const { index, startMs, endMs } = period;
    assert.deepEqual([startMs, endMs], [at(last) + 1 - 24 * HOUR_MS, at(last) + 1], zone);
    assert.equal(index, at('2026-03-01T00:00:00Z') / (24 * HOUR_MS));
    period.moveTo(endMs);
    assert.equal(period.index, index + 1);
    period.moveTo(at(last));
    assert.equal(period.index, index, 'a clock that goes back finds the day before');
  }
});

test('days of 23 and 25 hours, and one that has no midnight', () => {
  const berlin = new CalendarPeriod('day', 'Europe/Berlin');
  berlin.moveTo(at('2026-03-29T12:00:00Z'));
  assert.equal(berlin.endMs - berlin.startMs, 23 * HOUR_MS);
  berlin.moveTo(at('2026-10-25T12:00:00Z'));
  assert.equal(berlin.endMs - berlin.startMs, 25 * HOUR_MS);
  // Clocks went from 24:00 to 01:00.
  const cairo = new CalendarPeriod('day', 'Africa/Cairo');
  cairo.moveTo(at('2026-04-24T12:00:00Z'));
  assert.deepEqual([cairo.startMs, cairo.endMs], [at('2026-04-23T22:00:00Z'), at('2026-04-24T21:00:00Z')]);
});

test('a month ends with its last day, also in December', () => {
  const period = new CalendarPeriod('month', 'UTC');
  period.moveTo(at('2024-02-29T23:00:00Z'));
  assert.equal(period.endMs, at('2024-03-01T00:00:00Z'));
  period.moveTo(at('2026-12-31T23:59:59Z'));
  const { index, startMs, endMs } = period;
  assert.deepEqual([startMs, endMs], [at('2026-12-01T00:00:00Z'), at('2027-01-01T00:00:00Z')]);
  period.moveTo(endMs);
  assert.equal(period.index, index + 1);
});

test('an unknown time zone is a RangeError', () => {
  assert.throws(() => new CalendarPeriod('day', 'Mars/Olympus'), RangeError);
});

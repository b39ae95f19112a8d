import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TicketKeys } from '../../../src/tls/ticket-keys.ts';

const SECRET = new Uint8Array(32).fill(7);
const HOUR_MS = 3_600_000;

test('all threads have the same keys in the same period, and others in the next', () => {
  const first = new TicketKeys(SECRET, 10 * HOUR_MS, HOUR_MS);
  assert.equal(first.keys.length, 48);
  assert.deepEqual(new TicketKeys(SECRET, 11 * HOUR_MS - 1, HOUR_MS).keys, first.keys);
  assert.notDeepEqual(new TicketKeys(SECRET, 11 * HOUR_MS, HOUR_MS).keys, first.keys);
  assert.notDeepEqual(
    new TicketKeys(
      SECRET.map(() => 8),
      10 * HOUR_MS,
      HOUR_MS,
    ).keys,
    first.keys,
  );
});

test('keys are for their period only, whichever way the clock moves', () => {
  const keys = new TicketKeys(SECRET, 10 * HOUR_MS + 5, HOUR_MS);
  assert.deepEqual(
    [10 * HOUR_MS - 1, 10 * HOUR_MS, 11 * HOUR_MS - 1, 11 * HOUR_MS].map((ms) => keys.isFor(ms)),
    [false, true, true, false],
  );
});

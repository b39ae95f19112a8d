import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fleet } from '../../../dashboard/src/api/types.ts';
import { addRates, ALL, RATE_POINTS, type RateHistory } from '../../../dashboard/src/views/fleet/rate-history.ts';

/** Requests a second by id; null: lost. */
function fleet(rates: Readonly<Record<string, number | null>>): Fleet {
  const items = Object.entries(rates).map(([id, rate]) => ({
    id,
    state: rate === null ? 'lost' : 'live',
    requests_per_second: rate ?? 9,
  }));
  const sum = Object.values(rates).reduce<number>((total, rate) => total + (rate ?? 0), 0);
  return { items, requests_per_second: sum } as unknown as Fleet;
}

test('each gateway has a line, and all have one', () => {
  let history: RateHistory = new Map();
  history = addRates(history, fleet({ a: 1 }));
  history = addRates(history, fleet({ a: 2, b: 5 }));
  history = addRates(history, fleet({ a: 3, b: null }));
  assert.deepEqual(Object.fromEntries(history), { [ALL]: [1, 7, 3], a: [1, 2, 3], b: [null, 5, null] });
  history = addRates(history, fleet({ a: 4 }));
  assert.deepEqual([...history.keys()], [ALL, 'a'], 'one that left is forgotten');
});

test('lines end with the newest points', () => {
  let history: RateHistory = new Map();
  for (let at = 0; at < RATE_POINTS + 5; at += 1) history = addRates(history, fleet({ a: at }));
  assert.deepEqual([history.get('a')!.length, history.get('a')!.at(-1)], [RATE_POINTS, RATE_POINTS + 4]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { allocateClientTable } from '../../../src/limits/client-table-memory.ts';
import { ClientTable } from '../../../src/limits/client-table.ts';

const SLOW = { capacity: 100, ratePerSecond: 0.1 };
const FAST = { capacity: 1000, ratePerSecond: 100 };

function table() {
  const made = new ClientTable(allocateClientTable(64), 0);
  const take = (key: number, count: number, policy: typeof SLOW): number => {
    let allowed = 0;
    for (let taken = 0; taken < count; taken += 1) if (made.take(key, key, 1, policy, 1000)) allowed += 1;
    return allowed;
  };
  return { made, take };
}

test('with another default limit, every bucket keeps its share of tokens', () => {
  const { made, take } = table();
  take(1, 100, SLOW);
  take(2, 25, SLOW);
  made.rescaleDefault(SLOW, FAST, 1000);
  assert.equal(Math.round(made.tokens(1, 1, FAST, 1000)!), 0);
  assert.equal(Math.round(made.tokens(2, 2, FAST, 1000)!), 750);
  // Empty at a hundred a second: one second later there are a hundred, not a thousand seconds later.
  assert.equal(Math.round(made.tokens(1, 1, FAST, 2000)!), 100);
  made.rescaleDefault(FAST, SLOW, 1000);
  assert.equal(take(2, 100, SLOW), 75);
});

test('clients with settings of their own are left alone, and so are full buckets', () => {
  const { made, take } = table();
  made.register(1, 1, SLOW, SLOW, 1000);
  take(1, 40, SLOW);
  take(2, 1, FAST);
  const full = made.tokens(2, 2, FAST, 60_000);
  made.rescaleDefault(FAST, { capacity: 1, ratePerSecond: 1 }, 60_000);
  assert.equal(full, 1000);
  assert.equal(Math.round(made.tokens(1, 1, FAST, 1000)!), 60);
  assert.equal(made.tokens(2, 2, FAST, 60_000), 1000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CachedFetch } from '../../../../src/policies/cache/cached-fetch.ts';
import { FetchTable } from '../../../../src/policies/cache/fetch-table.ts';

const fetchOf = (key: string, startMs = 0): CachedFetch => ({ facts: { place: { key }, startMs } }) as CachedFetch;

test('who waits learns the outcome once, unless it has stopped waiting', () => {
  const table = new FetchTable(() => 0);
  const fetch = fetchOf('a');
  assert.equal(
    table.wait('a', () => undefined),
    null,
  );
  table.start(fetch);
  const outcomes: string[] = [];
  table.wait('a', (outcome) => outcomes.push(`one ${outcome}`));
  table.wait('a', (outcome) => outcomes.push(`two ${outcome}`))!();
  table.settle(fetchOf('a'), 'stored');
  assert.deepEqual(outcomes, []);
  table.settle(fetch, 'stored');
  table.settle(fetch, 'none');
  assert.deepEqual(outcomes, ['one stored']);
  assert.equal(table.has('a'), false);
});

test('nobody waits longer than five seconds, nor for a fetch that is older', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const table = new FetchTable(() => nowMs);
  table.start(fetchOf('a'));
  const outcomes: string[] = [];
  table.wait('a', (outcome) => outcomes.push(outcome));
  t.mock.timers.tick(4999);
  assert.deepEqual(outcomes, []);
  t.mock.timers.tick(1);
  assert.deepEqual(outcomes, ['unusable']);
  nowMs = 4999;
  assert.equal(table.has('a'), true);
  nowMs = 5000;
  assert.equal(table.has('a'), false);
  const next = fetchOf('a', 5000);
  table.start(next);
  assert.equal(table.has('a'), true);
});

test('at most a thousand wait for one answer', () => {
  const table = new FetchTable(() => 0);
  const fetch = fetchOf('a');
  table.start(fetch);
  for (let count = 0; count < 1000; count += 1)
    assert.notEqual(
      table.wait('a', () => undefined),
      null,
    );
  assert.equal(
    table.wait('a', () => undefined),
    null,
  );
  table.settle(fetch, 'stored');
});

test('an answer of no use to others is remembered for a minute', () => {
  let nowMs = 0;
  const table = new FetchTable(() => nowMs);
  const fetch = fetchOf('a');
  table.start(fetch);
  assert.equal(table.isUnusable('a'), false);
  table.settle(fetch, 'unusable');
  assert.equal(table.isUnusable('a'), true);
  assert.equal(table.isUnusable('b'), false);
  nowMs = 59_999;
  assert.equal(table.isUnusable('a'), true);
  nowMs = 60_000;
  assert.equal(table.isUnusable('a'), false);
});

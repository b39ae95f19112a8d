import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idOfText, idText, quotaId } from '../../../src/limits/quotas/quota-id.ts';
import { allocateQuotas, QuotaTable } from '../../../src/limits/quotas/quota-table.ts';
import { Quotas, quotasOfAll, withQuotaFields } from '../../../src/limits/quotas/quotas.ts';

const DAY = { requests: 3, per: 'day', timezone: 'UTC' } as const;
const MONTH = { requests: 2, per: 'month', timezone: 'UTC' } as const;
const OF_ALL = quotasOfAll(undefined, DAY);
const NOW = Date.parse('2026-03-31T20:00:00Z');

function make(): Quotas {
  return new Quotas(new QuotaTable(allocateQuotas(10), 0), (key) => ({
    lo: Number.parseInt(key.slice(0, 8), 16),
    hi: 0,
  }));
}

test('a request that one quota refuses costs nothing of the other', () => {
  const quotas = make();
  const take = (route: string) => quotas.take('a', route, OF_ALL, MONTH, NOW).refusedBy?.policy ?? null;
  assert.deepEqual([take('x'), take('x'), take('x'), take('x')], [null, null, 'route-quota', 'route-quota']);
  assert.equal(quotas.useOf('a', null, DAY, NOW).used, 2);
  assert.deepEqual([take('y'), take('y')], [null, 'quota']);
  assert.equal(quotas.useOf('a', 'y', MONTH, NOW).used, 1);
});

test('each client has its own, in each of its periods', () => {
  const quotas = make();
  const take = (client: string, wallMs: number) => quotas.take(client, 'x', [], MONTH, wallMs).refusedBy === null;
  assert.deepEqual([take('a', NOW), take('a', NOW), take('a', NOW), take('b', NOW)], [true, true, false, true]);
  assert.equal(take('a', NOW + 4 * 3_600_000), true);
});

test('quotas of a client replace that of the configuration, and each refuses alone', () => {
  const quotas = make();
  const own = quotasOfAll({ day: 2, month: 3 }, { ...DAY, timezone: 'Europe/Berlin' });
  const take = (wallMs: number) => quotas.take('a', 'x', own, null, wallMs).refusedBy?.policy ?? null;
  assert.deepEqual([take(NOW), take(NOW), take(NOW)], [null, null, 'quota-day']);
  // In Berlin, it is the last evening of March until 22:00 UTC.
  const { states } = quotas.take('a', 'x', own, null, NOW + 7_199_999);
  assert.deepEqual(
    states.map(({ policy, used, endMs }) => [policy, used, endMs]),
    [['quota-day', 2, NOW + 7_200_000]],
  );
  assert.deepEqual([take(NOW + 7_200_000), take(NOW + 7_200_000), take(NOW + 7_200_000)], [null, null, 'quota-day']);
  const tomorrow = NOW + 7_200_000 + 86_400_000;
  assert.deepEqual([take(tomorrow), take(tomorrow)], [null, 'quota-month']);
  // What the month refuses costs nothing of the day.
  assert.equal(quotas.useOf('a', null, own[0]!, tomorrow).used, 1);
});

test('without quotas of its own, a client has that of the configuration, if there is one', () => {
  assert.deepEqual(quotasOfAll(undefined, null), []);
  assert.deepEqual(quotasOfAll(undefined, DAY), [{ ...DAY, policy: 'quota' }]);
  assert.deepEqual(quotasOfAll({ day: null, month: 5 }, null), [
    { requests: 5, per: 'month', timezone: 'UTC', policy: 'quota-month' },
  ]);
});

test('fields of quotas are in the same lists as those of rate limits', () => {
  const quotas = make();
  const { states } = quotas.take('a', 'x', OF_ALL, MONTH, NOW);
  assert.deepEqual(withQuotaFields(null, states, NOW), [
    'ratelimit-policy',
    '"quota";q=3;w=86400, "route-quota";q=2;w=2678400',
    'ratelimit',
    '"quota";r=2;t=14400, "route-quota";r=1;t=14400',
  ]);
  const limits = [
    'ratelimit-policy',
    '"default";q=100;w=10',
    'ratelimit',
    '"default";r=99;t=1',
    'x-ratelimit-limit',
    '100',
  ];
  assert.deepEqual(withQuotaFields(limits, states.slice(0, 1), NOW), [
    'ratelimit-policy',
    '"default";q=100;w=10, "quota";q=3;w=86400',
    'ratelimit',
    '"default";r=99;t=1, "quota";r=2;t=14400',
    'x-ratelimit-limit',
    '100',
  ]);
});

test('ids differ by client, route and period, and survive the way to the database', () => {
  const ids = [
    quotaId('a', null, 'day'),
    quotaId('a', null, 'month'),
    quotaId('a', 'x', 'day'),
    quotaId('b', null, 'day'),
    quotaId('a', '', 'day'),
  ];
  assert.equal(new Set(ids.map(idText)).size, 5);
  for (const id of ids) assert.deepEqual(idOfText(idText(id)), id);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuotaKeeper } from '../../../../src/limits/control/quota-keeper.ts';
import { allocateQuotas, QuotaTable } from '../../../../src/limits/quotas/quota-table.ts';
import { Quotas, quotasOfAll } from '../../../../src/limits/quotas/quotas.ts';
import { idText } from '../../../../src/limits/quotas/quota-id.ts';
import { keptLog } from '../../../support/kept-log.ts';
import { MemoryQuotaStore } from '../../../support/memory-quota-store.ts';

const QUOTA = { requests: 10, per: 'day', timezone: 'UTC' } as const;

function world() {
  const time = { nowMs: Date.parse('2026-03-01T12:00:00Z') };
  const store = new MemoryQuotaStore(() => time.nowMs);
  const gateway = () => {
    const table = new QuotaTable(allocateQuotas(10), 0);
    const hash = (key: string) => ({ lo: Number.parseInt(key.slice(0, 8), 16), hi: 0 });
    const quotas = new Quotas(table, hash);
    const log = keptLog();
    const keeper = new QuotaKeeper({
      table,
      store,
      hashOf: (id) => hash(idText(id)).lo,
      wallMs: () => time.nowMs,
      isLeader: () => true,
      log,
    });
    const take = (count = 1): boolean[] =>
      Array.from(
        { length: count },
        () => quotas.take('a', 'x', quotasOfAll(undefined, QUOTA), null, time.nowMs).refusedBy === null,
      );
    return { keeper, take, log, used: () => quotas.useOf('a', null, QUOTA, time.nowMs).used };
  };
  return { time, store, gateway };
}

test('what is used is kept over a restart', async () => {
  const { gateway } = world();
  const before = gateway();
  before.take(7);
  await before.keeper.stop();
  const after = gateway();
  await after.keeper.load();
  assert.deepEqual([after.used(), after.take(4)], [7, [true, true, true, false]]);
});

test('gateways of one database count together', async () => {
  const { gateway } = world();
  const [one, other] = [gateway(), gateway()];
  one.take(4);
  await one.keeper.round();
  other.take(3);
  await other.keeper.round();
  assert.equal(other.used(), 7);
  one.take();
  await one.keeper.round();
  assert.equal(one.used(), 8);
});

test('nothing is lost while the database is away, and it is logged when that begins and ends', async () => {
  const { gateway, store } = world();
  const { keeper, take, used, log } = gateway();
  take(3);
  store.isAway = true;
  await keeper.round();
  take(2);
  await keeper.round();
  assert.equal(used(), 5);
  store.isAway = false;
  await keeper.round();
  const other = gateway();
  await other.keeper.load();
  assert.equal(other.used(), 5);
  assert.deepEqual(
    log.lines.map(({ message }) => message),
    ['quotas cannot be saved: a restart would forget what was used since', 'quotas are being saved again'],
  );
});

test('a new day begins with nothing, and the day before is not loaded', async () => {
  const { gateway, time } = world();
  const { keeper, take } = gateway();
  take(10);
  await keeper.round();
  time.nowMs += 86_400_000;
  const after = gateway();
  await after.keeper.load();
  assert.deepEqual([after.used(), after.take(1)], [0, [true]]);
  await after.keeper.round();
  assert.equal(after.used(), 1);
});

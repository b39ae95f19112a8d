import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { allocateQuotas, type QuotaBuffers, type QuotaId, QuotaTable } from '../../../src/limits/quotas/quota-table.ts';

const DAY_MS = 86_400_000;
const day = (index: number) => ({ index, endMs: (index + 1) * DAY_MS });
const noon = (index: number): number => (index + 0.5) * DAY_MS;
const id = (first: number): QuotaId => Int32Array.of(first, 2, 3, 4);
const HASH = 5;

function make(clients = 100): { table: QuotaTable; buffers: QuotaBuffers; take: (key: number, at: number) => boolean } {
  const buffers = allocateQuotas(clients);
  const table = new QuotaTable(buffers, 0);
  return { table, buffers, take: (key, at) => table.take(HASH, id(key), day(at), noon(at), 2) };
}

test('so many requests in a period, and anew in the next', () => {
  const { table, take } = make();
  assert.deepEqual([take(1, 10), take(1, 10), take(1, 10)], [true, true, false]);
  assert.deepEqual([table.used, table.endMs], [2, 11 * DAY_MS]);
  assert.deepEqual([take(2, 10), take(1, 11), table.used], [true, true, 1]);
  assert.deepEqual(table.useOf(HASH, id(1), day(11)), { id: id(1), period: 11, used: 1, endMs: 12 * DAY_MS });
  assert.equal(table.useOf(HASH, id(1), day(12)), null);
});

test('a clock that goes back refunds nothing', () => {
  const { table, take } = make();
  assert.deepEqual([take(1, 11), take(1, 11)], [true, true]);
  assert.deepEqual([take(1, 10), take(1, 11)], [false, false]);
  // Set to the right day after having been far ahead: what is used stays used, until that day ends.
  assert.deepEqual([take(2, 400), take(2, 400), take(2, 10)], [true, true, false]);
  assert.equal(table.endMs, 11 * DAY_MS);
  assert.equal(take(2, 11), true);
});

test('what another quota refused is given back', () => {
  const { table, take } = make();
  take(1, 10);
  table.giveBack(HASH, id(1));
  table.giveBack(HASH, id(1));
  assert.deepEqual([take(1, 10), take(1, 10), take(1, 10)], [true, true, false]);
});

test('only what is new is saved, and what could not be is saved later', () => {
  const { table, take } = make();
  take(1, 10);
  take(1, 10);
  const [use] = table.takeUnsaved(10);
  assert.deepEqual(use, { id: id(1), period: 10, used: 2, endMs: 11 * DAY_MS });
  assert.deepEqual(table.takeUnsaved(10), []);
  table.putBack(HASH, use!);
  assert.deepEqual(table.takeUnsaved(10), [use]);
});

test('what the database has counts, and what is not saved yet besides it', () => {
  const { table } = make();
  const stored = { id: id(1), period: 10, used: 7, endMs: 11 * DAY_MS };
  table.restore(HASH, stored, noon(10));
  assert.equal(table.take(HASH, id(1), day(10), noon(10), 9), true);
  assert.equal(table.used, 8);
  table.restore(HASH, stored, noon(10));
  assert.equal(table.useOf(HASH, id(1), day(10))!.used, 8);
  // Of an earlier period.
  table.restore(HASH, { ...stored, period: 9, used: 100 }, noon(10));
  assert.equal(table.useOf(HASH, id(1), day(10))!.used, 8);
});

test('those that find no slot share one, until the periods of others are over', () => {
  const { table, take } = make();
  for (let key = 1; key <= 15; key += 1) take(key, 10);
  assert.deepEqual([take(16, 10), take(17, 10), take(18, 10)], [true, true, false]);
  assert.equal(table.takeUnsaved(100).length, 15);
  assert.deepEqual([take(18, 11), table.useOf(HASH, id(18), day(11))!.used], [true, 1]);
});

test('threads together admit exactly the quota', async () => {
  const buffers = allocateQuotas(100);
  const admitted = new SharedArrayBuffer(4);
  const workers = [1, 2, 3].map(
    (writer) =>
      new Worker(new URL('./quota-worker.ts', import.meta.url), { workerData: { buffers, admitted, writer } }),
  );
  const table = new QuotaTable(buffers, 0);
  let saved = 0;
  const exits = Promise.all(workers.map((worker) => once(worker, 'exit')));
  let isRunning = true;
  void exits.then(() => (isRunning = false));
  while (isRunning) {
    saved += table.takeUnsaved(100).reduce((sum, { used }) => sum + used, 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  saved += table.takeUnsaved(100).reduce((sum, { used }) => sum + used, 0);
  assert.deepEqual([new Int32Array(admitted)[0], saved], [5000, 5000]);
});

test('a lock of a dead thread admits without counting, until it is released', () => {
  const { table, buffers, take } = make();
  new Int32Array(buffers.locks)[HASH % buffers.groups] = 4;
  assert.deepEqual([take(1, 10), take(1, 10), take(1, 10)], [true, true, true]);
  table.releaseThread(3);
  assert.deepEqual([take(1, 10), take(1, 10), take(1, 10)], [true, true, false]);
});

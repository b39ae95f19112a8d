import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type BucketPolicy, ClientTable } from '../../../src/limits/client-table.ts';
import { allocateClientTable } from '../../../src/limits/client-table-memory.ts';
import { hashOfKey, type ReserverData, type ReserverReport } from './reserving-worker.ts';

const NOW = 1_000_000;
const THREADS = 4;

const BUCKET: BucketPolicy = { capacity: 10, ratePerSecond: 1, windowMs: 0 };
const WINDOW: BucketPolicy = { capacity: 10, ratePerSecond: 1, windowMs: 10_000 };

function newTable(): ClientTable {
  return new ClientTable(allocateClientTable(10), 0);
}

for (const [name, policy] of [
  ['bucket', BUCKET],
  ['window', WINDOW],
] as const) {
  test(`a charge to a ${name} that is not in the table yet counts`, () => {
    const table = newTable();
    table.charge(1, 2, 4, policy, NOW);
    assert.equal(table.tokens(1, 2, policy, NOW), 6);
  });

  test(`a ${name} in debt shows it, refuses, and admits again later`, () => {
    const table = newTable();
    assert.equal(table.take(1, 2, 3, policy, NOW), true);
    table.charge(1, 2, 12, policy, NOW);
    assert.equal(table.tokens(1, 2, policy, NOW), -5);
    table.charge(1, 2, 1000, policy, NOW);
    assert.equal(table.tokens(1, 2, policy, NOW), -10);
    assert.equal(table.take(1, 2, 1, policy, NOW + 10_999), false);
    assert.equal(table.take(1, 2, 1, policy, NOW + 20_000), true);
  });

  test(`what an answer did not cost comes back to a ${name}, up to its capacity`, () => {
    const table = newTable();
    table.take(1, 2, 8, policy, NOW);
    table.refund(1, 2, 5, policy, NOW);
    assert.equal(table.tokens(1, 2, policy, NOW), 7);
    table.refund(1, 2, 50, policy, NOW);
    assert.equal(table.tokens(1, 2, policy, NOW), 10);
  });

  test(`a registered client's own ${name} is charged`, () => {
    const table = newTable();
    table.register(1, 2, { ...policy, capacity: 100 }, policy, NOW);
    table.charge(1, 2, 150, policy, NOW);
    assert.equal(table.level(1, 2, policy, NOW)!.tokens, -50);
  });

  test(`a charge to a ${name} of the overflow goes where its take went`, () => {
    const table = new ClientTable(allocateClientTable(1), 0);
    // All slots that this client may have are in use.
    for (let other = 1; other <= 200; other += 1) table.take(other, 0, 1, policy, NOW);
    table.take(7777, 0, 1, policy, NOW);
    assert.equal(table.isOverflow, true);
    table.charge(7777, 0, 9, policy, NOW);
    assert.equal(table.take(7777, 0, 1, policy, NOW), false);
  });
}

test('four threads charge and give back without losing a token', { timeout: 120_000 }, async () => {
  const keys = 3;
  for (const policy of [
    { capacity: 1_000_000_000, ratePerSecond: 100, windowMs: 0 },
    { capacity: 1_000_000_000, ratePerSecond: 1, windowMs: 86_400_000 },
  ]) {
    const buffers = allocateClientTable(10);
    const barrier = new SharedArrayBuffer(8);
    const cells = new Int32Array(barrier);
    const reports = Array.from({ length: THREADS }, async (_, writer) => {
      const workerData: ReserverData = { buffers, writer, barrier, rounds: 100_000, keys, policy, nowMs: NOW };
      const worker = new Worker(new URL('./reserving-worker.ts', import.meta.url), { workerData });
      const [report] = (await once(worker, 'message')) as [ReserverReport];
      return report;
    });
    for (let ready = 0; ready < THREADS; ready = Atomics.load(cells, 0)) {
      const wait = Atomics.waitAsync(cells, 0, ready);
      if (wait.async) await wait.value;
    }
    Atomics.store(cells, 1, 1);
    Atomics.notify(cells, 1);
    const charged = await Promise.all(reports);
    const table = new ClientTable(buffers, THREADS);
    for (let key = 0; key < keys; key += 1) {
      const { lo, hi } = hashOfKey(key);
      const sum = charged.reduce((total, report) => total + report[key]!, 0);
      assert.ok(sum > 100_000, `${sum} were charged`);
      const used = policy.capacity - table.tokens(lo, hi, policy, NOW)!;
      assert.ok(Math.abs(used - sum) < 1e-3, `${used} used, ${sum} charged`);
    }
  }
});

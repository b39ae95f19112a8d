import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { allocateInFlight, FULL, InFlightTable, UNCOUNTED } from '../../../src/limits/in-flight-table.ts';

/** Keys with equal low words are in one group. */
const GROUPS = 8192;

test('a client may have so many at a time, over all threads', () => {
  const table = new InFlightTable(allocateInFlight(2));
  const one = table.take(0, 5, 6, 2);
  const other = table.take(1, 5, 6, 2);
  assert.ok(one >= 0 && one === other);
  assert.deepEqual([table.take(0, 5, 6, 2), table.take(1, 5, 6, 2), table.running(5, 6)], [FULL, FULL, 2]);
  table.release(1, other);
  assert.equal(table.take(0, 5, 6, 2), one);
  assert.equal(table.take(1, 5, 6, 3), one, 'a raised limit applies at once');
});

test('clients do not share counts, not even in one group', () => {
  const table = new InFlightTable(allocateInFlight(1));
  const slots = new Set(Array.from({ length: 15 }, (_, at) => table.take(0, 7 + at * GROUPS, at, 1)));
  assert.equal(slots.size, 15);
  assert.ok(!slots.has(FULL));
});

test('those that find no slot of their own share one', () => {
  const table = new InFlightTable(allocateInFlight(1));
  const slots = Array.from({ length: 15 }, (_, at) => table.take(0, 7, at + 1, 1));
  const shared = table.take(0, 7, 100, 1);
  assert.ok(shared >= 0 && !slots.includes(shared));
  assert.equal(table.take(0, 7, 101, 1), FULL);
  table.release(0, slots[3]!);
  assert.equal(table.take(0, 7, 101, 1), slots[3], 'a slot without requests belongs to the next client');
});

test('the requests of a dead thread end, those of the others go on', () => {
  const table = new InFlightTable(allocateInFlight(2));
  table.take(0, 5, 6, 9);
  table.take(0, 5, 6, 9);
  table.take(1, 5, 6, 9);
  table.releaseThread(0);
  assert.equal(table.running(5, 6), 1);
});

test('a lock that its dead thread held admits without counting, until it is released', () => {
  const buffers = allocateInFlight(2);
  const table = new InFlightTable(buffers);
  new Int32Array(buffers.locks)[5] = 1;
  assert.equal(table.take(1, 5, 6, 1), UNCOUNTED);
  table.release(1, UNCOUNTED);
  table.releaseThread(0);
  assert.ok(table.take(1, 5, 6, 1) >= 0);
  assert.equal(table.take(1, 5, 6, 1), FULL);
});

test('threads that take and release at the same time never have more than the limit', async () => {
  const buffers = allocateInFlight(3);
  const peaks = new SharedArrayBuffer(12);
  const workers = [0, 1, 2].map(
    (thread) =>
      new Worker(new URL('./in-flight-worker.ts', import.meta.url), { workerData: { buffers, peaks, thread } }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  const [, peak, admitted] = new Int32Array(peaks);
  assert.ok(admitted! > 1000, `${admitted}`);
  assert.ok(peak! <= 2 && peak! > 0, `${peak}`);
  const table = new InFlightTable(buffers);
  assert.deepEqual(
    [1, 2, 3].map((key) => table.running(9, key)),
    [0, 0, 0],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocateQueueTable, QueueTable } from '../../../src/balancing/queue-table.ts';

test('lengths add up over the threads, pool by pool', () => {
  const table = new QueueTable(allocateQueueTable(3));
  assert.ok(table.isEmpty(7));
  table.set(7, 0, 2, 100);
  table.set(7, 2, 3, 50);
  assert.equal(table.length(7), 5);
  assert.equal(table.length(8), 0);
  assert.ok(!table.isEmpty(7));
});

test('the thread with the longest wait is known, if it is longer than one’s own', () => {
  const table = new QueueTable(allocateQueueTable(3));
  table.set(7, 0, 2, 100);
  table.set(7, 2, 3, 50);
  assert.equal(table.longest(7, Infinity), 2);
  assert.equal(table.longest(7, 51), 2);
  assert.equal(table.longest(7, 50), -1);
  table.set(7, 2, 0, 0);
  assert.equal(table.longest(7, Infinity), 0);
});

test('no request waits on a thread that is gone', () => {
  const table = new QueueTable(allocateQueueTable(2));
  table.set(0, 1, 2, 100);
  table.set(9, 1, 2, 100);
  table.set(9, 0, 1, 100);
  table.releaseThread(1);
  assert.deepEqual([table.length(0), table.length(9), table.longest(9, 101)], [0, 1, 0]);
});

test('a wake-up reaches the thread that it is meant for', async () => {
  const table = new QueueTable(allocateQueueTable(2));
  const woken: number[] = [];
  const both = [0, 1].map((thread) => table.wokenUp(thread).then(() => woken.push(thread)));
  table.wake(1);
  await both[1];
  assert.deepEqual(woken, [1]);
  table.wake(0);
  await both[0];
});

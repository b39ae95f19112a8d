import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { MAX_POOLS } from '../../../src/runtime/table-sizes.ts';
import { allocateSharedMemory, attachSharedMemory } from '../../../src/threads/shared-memory.ts';

const allocate = () => allocateSharedMemory({ threads: 2, maxClients: 100, hashKey: new Uint32Array([1, 2]) });

test('two threads that attach to the memory see each other', () => {
  const memory = allocate();
  const [one, two] = [attachSharedMemory(memory, 0), attachSharedMemory(memory, 1)];
  one.clients.take(1, 2, 1, { capacity: 2, ratePerSecond: 1 }, 1000);
  assert.equal(two.clients.tokens(1, 2, { capacity: 2, ratePerSecond: 1 }, 1000), 1);
  one.backends.setDraining(3, true);
  assert.equal(two.backends.isDraining(3), true);
  one.metrics.count(0, 0);
  assert.equal(two.metrics.total(0), 1);
  Atomics.add(one.turns, MAX_POOLS - 1, 1);
  assert.equal(Atomics.load(two.turns, MAX_POOLS - 1), 1);
  assert.ok(Math.abs(one.clock.nowMs() - two.clock.nowMs()) < 100);
});

test('the memory goes to a worker as it is, and is shared with it', async () => {
  const memory = allocate();
  const worker = new Worker(new URL('./shared-memory-worker.ts', import.meta.url), { workerData: memory });
  await once(worker, 'exit');
  const { clients, backends, metrics } = attachSharedMemory(memory, 2);
  assert.equal(clients.tokens(1, 2, { capacity: 5, ratePerSecond: 1 }, 0), 0);
  assert.equal(backends.health(3), 'up');
  assert.equal(metrics.total(0), 1);
});

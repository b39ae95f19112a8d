/** Leaves a trace in every table of the memory that it is given. */
import { workerData } from 'node:worker_threads';
import { attachSharedMemory, type SharedMemory } from '../../../src/threads/shared-memory.ts';

const { clients, backends, metrics } = attachSharedMemory(workerData as SharedMemory, 1);
clients.take(1, 2, 5, { capacity: 5, ratePerSecond: 1 }, 0);
backends.setHealth(3, 'up');
metrics.count(1, 0);

/**
 * A thread that takes estimates and then charges or gives back the difference to what the answers have cost, from a table
 * that others use too, and reports what it was charged in the end. Started by client-table-charges.test.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { mix32 } from '../../../src/core/hash.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { type BucketPolicy, ClientTable } from '../../../src/limits/client-table.ts';
import type { ClientTableBuffers } from '../../../src/limits/client-table-memory.ts';

export interface ReserverData {
  readonly buffers: ClientTableBuffers;
  readonly writer: number;
  /** [0] threads that are ready, [1] the start. */
  readonly barrier: SharedArrayBuffer;
  readonly rounds: number;
  readonly keys: number;
  readonly policy: BucketPolicy;
  /** Of the whole test: time stands still. */
  readonly nowMs: number;
}

/** Tokens charged, by key. */
export type ReserverReport = Float64Array;

export function hashOfKey(key: number): { lo: number; hi: number } {
  return { lo: mix32(key + 1), hi: mix32(key + 0x10000) };
}

if (parentPort !== null) parentPort.postMessage(reserveAll(workerData as ReserverData));

function reserveAll({ buffers, writer, barrier, rounds, keys, policy, nowMs }: ReserverData): ReserverReport {
  const table = new ClientTable(buffers, writer);
  const random = seededRandom(writer + 1);
  const charged = new Float64Array(keys);
  const cells = new Int32Array(barrier);
  Atomics.add(cells, 0, 1);
  Atomics.notify(cells, 0);
  Atomics.wait(cells, 1, 0);
  for (let round = 0; round < rounds; round += 1) {
    const key = round % keys;
    const { lo, hi } = hashOfKey(key);
    const estimate = 1 + Math.floor(random() * 10);
    if (!table.take(lo, hi, estimate, policy, nowMs)) continue;
    const cost = Math.floor(random() * 20);
    if (cost > estimate) table.charge(lo, hi, cost - estimate, policy, nowMs);
    else if (cost < estimate) table.refund(lo, hi, estimate - cost, policy, nowMs);
    charged[key]! += cost;
  }
  return charged;
}

/**
 * A thread that takes tokens as fast as it can, from a table that others take from too, and reports what it got.
 * Started by client-table-threads.test.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type ClientTableBuffers } from '../../../src/limits/client-table-memory.ts';
import { type BucketPolicy, ClientTable } from '../../../src/limits/client-table.ts';
import { SharedClock } from '../../../src/runtime/shared-clock.ts';
import { mix32 } from '../../../src/core/hash.ts';

export interface TakerData {
  readonly buffers: ClientTableBuffers;
  readonly writer: number;
  readonly epochNs: bigint;
  /** [0] threads that are ready, [1] the start. */
  readonly barrier: SharedArrayBuffer;
  readonly takes: number;
  /** Goes on for at least this long. */
  readonly minMs: number;
  readonly keys: number;
  readonly policy: BucketPolicy;
  /** Keys in use at a time; they move on every `phaseMs`. */
  readonly hotKeys: number;
  readonly phaseMs: number;
}

export interface TakerReport {
  /** Tokens by key; overflow buckets are left out. */
  readonly taken: Float64Array;
  /** Of those, what may have been given without being counted, because the thread that had the slot did not go on. */
  readonly waited: Float64Array;
  readonly overflowTaken: number;
  /** Key, time before and time after of every token that was given, unless keys never move. */
  readonly events: Float64Array;
}

/** No thread waits forever for a claimed slot: after this time at the latest, a request passes. */
const TIMEOUT_MS = 90;

/** Hash of a key, as the table wants it: spread over the table. */
export function hashOf(key: number): { lo: number; hi: number } {
  return { lo: mix32(key + 1), hi: mix32(key + 0x10000) };
}

if (parentPort !== null) parentPort.postMessage(takeAll(workerData as TakerData));

function takeAll(data: TakerData): TakerReport {
  const { takes, minMs, keys, policy, hotKeys, phaseMs } = data;
  const table = new ClientTable(data.buffers, data.writer);
  const clock = new SharedClock(data.epochNs);
  const hashes = Array.from({ length: keys }, (_, key) => hashOf(key));
  const taken = new Float64Array(keys);
  const waited = new Float64Array(keys);
  const events: number[] = [];
  let overflowTaken = 0;

  const barrier = new Int32Array(data.barrier);
  Atomics.add(barrier, 0, 1);
  Atomics.notify(barrier, 0);
  Atomics.wait(barrier, 1, 0);

  const startMs = clock.nowMs();
  for (let take = 0, nowMs = startMs; take < takes || nowMs - startMs < minMs; take += 1) {
    nowMs = clock.nowMs();
    const key = (Math.floor(nowMs / phaseMs) * hotKeys + (take % hotKeys)) % keys;
    const { lo, hi } = hashes[key]!;
    if (!table.take(lo, hi, 1, policy, nowMs)) continue;
    if (table.isOverflow) {
      overflowTaken += 1;
    } else {
      taken[key]! += 1;
      if (clock.nowMs() - nowMs >= TIMEOUT_MS) waited[key]! += 1;
      if (hotKeys < keys) events.push(key, nowMs, clock.nowMs());
    }
  }
  return { taken, waited, overflowTaken, events: Float64Array.from(events) };
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { allocateClientTable } from '../../../src/limits/client-table-memory.ts';
import { type BucketPolicy, ClientTable } from '../../../src/limits/client-table.ts';
import { SharedClock } from '../../../src/runtime/shared-clock.ts';
import { hashOf, type TakerData, type TakerReport } from './client-table-worker.ts';

const THREADS = 4;
const TAKES = 250_000;

/** Lets four threads take from one table concurrently. @param onReady called before they begin */
async function takeInThreads(
  data: Omit<TakerData, 'writer' | 'barrier' | 'takes'>,
  onReady?: () => void,
): Promise<TakerReport[]> {
  const barrier = new SharedArrayBuffer(8);
  const cells = new Int32Array(barrier);
  const reports = Array.from({ length: THREADS }, async (_, writer) => {
    const workerData: TakerData = { ...data, writer, barrier, takes: TAKES };
    const worker = new Worker(new URL('./client-table-worker.ts', import.meta.url), { workerData });
    const [report] = (await once(worker, 'message')) as [TakerReport];
    return report;
  });
  for (let ready = 0; ready < THREADS; ready = Atomics.load(cells, 0)) {
    const wait = Atomics.waitAsync(cells, 0, ready);
    if (wait.async) await wait.value;
  }
  onReady?.();
  Atomics.store(cells, 1, 1);
  Atomics.notify(cells, 1);
  return Promise.all(reports);
}

test('four threads get exactly capacity + rate × time from each of few buckets', async () => {
  const keys = 4;
  const policy: BucketPolicy = { capacity: 100_000, ratePerSecond: 1000 };
  const buffers = allocateClientTable(100);
  const table = new ClientTable(buffers, THREADS);
  const clock = new SharedClock(process.hrtime.bigint());
  // Half a bucket each, so that it cannot be full again before the threads have begun: then every take moves it.
  let startMs = 0;
  const halve = (): void => {
    startMs = clock.nowMs();
    for (let key = 0; key < keys; key += 1) {
      const { lo, hi } = hashOf(key);
      table.take(lo, hi, 50_000, policy, startMs);
    }
  };
  const { epochNs } = clock;
  const work = { buffers, epochNs, keys, policy, hotKeys: keys, phaseMs: 1e9, minMs: 0 };
  const reports = await takeInThreads(work, halve);
  const endMs = clock.nowMs();
  for (let key = 0; key < keys; key += 1) {
    const { lo, hi } = hashOf(key);
    const taken = 50_000 + reports.reduce((sum, report) => sum + report.taken[key]!, 0);
    const left = table.tokens(lo, hi, policy, endMs)!;
    const given = policy.capacity + ((endMs - startMs) / 1000) * policy.ratePerSecond;
    assert.ok(left < policy.capacity, 'the bucket was never full');
    assert.ok(taken > policy.capacity, 'the bucket was emptied');
    assert.ok(Math.abs(taken + left - given) < 0.1, `${taken} taken + ${left} left, ${given} given`);
  }
});

test('four threads get exactly its limit out of a window', async () => {
  const keys = 4;
  const policy: BucketPolicy = { capacity: 60_000, ratePerSecond: 60_000 / 86_400, windowMs: 86_400_000 };
  const clock = new SharedClock(process.hrtime.bigint());
  const { epochNs } = clock;
  const buffers = allocateClientTable(100);
  const table = new ClientTable(buffers, THREADS);
  const reports = await takeInThreads({ buffers, epochNs, keys, policy, hotKeys: keys, phaseMs: 1e9, minMs: 0 });
  for (let key = 0; key < keys; key += 1) {
    const taken = reports.reduce((sum, report) => sum + report.taken[key]!, 0);
    const waited = reports.reduce((sum, report) => sum + report.waited[key]!, 0);
    assert.ok(taken >= policy.capacity && taken - waited <= policy.capacity, `${taken} taken, ${waited} after a wait`);
    const { lo, hi } = hashOf(key);
    assert.equal(table.tokens(lo, hi, policy, clock.nowMs()), 0, 'as many as the limit are counted');
  }
});

test('four threads get at most twice the limit of short windows in any of them, though keys come and go', async () => {
  const keys = 400;
  const policy: BucketPolicy = { capacity: 10, ratePerSecond: 1000, windowMs: 10 };
  const buffers = allocateClientTable(1);
  const epochNs = process.hrtime.bigint();
  const reports = await takeInThreads({ buffers, epochNs, keys, policy, hotKeys: 20, phaseMs: 2, minMs: 500 });
  const events = Array.from({ length: keys }, (): Given[] => []);
  for (const { events: given } of reports) {
    for (let at = 0; at < given.length; at += 3) {
      events[given[at]!]!.push({ fromMs: given[at + 1]!, toMs: given[at + 2]! });
    }
  }
  // The bound of a token bucket holds for the two counters too: a burst of the limit, and the average after it.
  for (const [key, given] of events.entries()) assertWithinLimit(key, given, policy);
});

test('four threads get no token back from evictions, though keys come and go all the time', async () => {
  const keys = 400;
  const policy: BucketPolicy = { capacity: 10, ratePerSecond: 1000 };
  const buffers = allocateClientTable(1);
  const clock = new SharedClock(process.hrtime.bigint());
  // A bucket is full after 10 ms: of 20 keys every 2 ms, 120 are not, which is about what the table has room for.
  const reports = await takeInThreads({
    buffers,
    epochNs: clock.epochNs,
    keys,
    policy,
    hotKeys: 20,
    phaseMs: 2,
    minMs: 500,
  });

  const events = Array.from({ length: keys }, (): Given[] => []);
  for (const { events: given } of reports) {
    for (let at = 0; at < given.length; at += 3) {
      events[given[at]!]!.push({ fromMs: given[at + 1]!, toMs: given[at + 2]! });
    }
  }
  for (const [key, given] of events.entries()) assertWithinLimit(key, given, policy);
  const taken = events.reduce((sum, given) => sum + given.length, 0);
  assert.ok(taken > 2 * policy.capacity * keys, `only ${taken} tokens: most keys never came back`);
});

/** A token that was given at some moment between the two. */
interface Given {
  readonly fromMs: number;
  readonly toMs: number;
}

/** In no interval more than capacity + rate × its length. */
function assertWithinLimit(key: number, given: Given[], { capacity, ratePerSecond }: BucketPolicy): void {
  given.sort((a, b) => a.toMs - b.toMs);
  for (let first = 0; first < given.length; first += 1) {
    const { fromMs } = given[first]!;
    let count = 0;
    let maxMs = 0;
    for (const token of given) {
      if (token.fromMs < fromMs) continue;
      count += 1;
      // A thread that had to wait brings an old time along, and a slot for a new client begins at that time.
      maxMs = Math.max(maxMs, token.toMs - token.fromMs);
      const spanMs = token.toMs - fromMs + maxMs;
      const most = capacity + (spanMs / 1000) * ratePerSecond + 0.1;
      assert.ok(count <= most, `key ${key}: ${count} tokens in ${spanMs} ms`);
      if (spanMs > 1000) break;
    }
  }
}

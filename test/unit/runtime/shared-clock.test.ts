import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SharedClock } from '../../../src/runtime/shared-clock.ts';

test('the clock begins at its epoch and never goes back', () => {
  const clock = new SharedClock(process.hrtime.bigint());
  let last = clock.nowMs();
  assert.ok(last >= 0 && last < 1000);
  for (let turn = 0; turn < 10_000; turn += 1) {
    const now = clock.nowMs();
    assert.ok(now >= last);
    last = now;
  }
});

test('nowMs can be handed on as a plain function', () => {
  const { nowMs } = new SharedClock(process.hrtime.bigint());
  assert.ok(Number.isFinite(nowMs()));
});

test('two clocks of one epoch agree, one epoch later is that much less', () => {
  const epochNs = process.hrtime.bigint();
  const [one, two, later] = [epochNs, epochNs, epochNs + 5_000_000n].map((epoch) => new SharedClock(epoch));
  // Read between two readings of the other: however long the thread stood still there.
  const readings = [one!.nowMs(), two!.nowMs(), later!.nowMs() + 5, one!.nowMs()];
  for (const [at, reading] of readings.entries()) assert.ok(at === 0 || reading >= readings[at - 1]! - 0.1);
  assert.equal(one!.epochNs, epochNs);
});

test('the clocks of threads that start at the same time agree within a tenth of a millisecond', async () => {
  const epochNs = process.hrtime.bigint();
  const offsets = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const worker = new Worker(new URL('./shared-clock-worker.ts', import.meta.url), { workerData: epochNs });
      const [offsetMs] = (await once(worker, 'message')) as [number];
      return offsetMs;
    }),
  );
  for (const offsetMs of offsets) assert.ok(Math.abs(offsetMs) < 0.1, `a clock is off by ${offsetMs} ms`);
});

test('wall-clock time moves with the clock and is right now', () => {
  const clock = new SharedClock(process.hrtime.bigint() - 1_000_000_000n);
  const nowMs = clock.nowMs();
  assert.ok(Math.abs(clock.wallMs(nowMs) - Date.now()) < 1000);
  assert.ok(Math.abs(clock.wallMs(nowMs + 2500) - clock.wallMs(nowMs) - 2500) <= 1);
  assert.ok(Number.isInteger(clock.wallMs(0.123)));
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SharedClock } from '../../../src/state/shared-clock.ts';

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
  assert.ok(Math.abs(one!.nowMs() - two!.nowMs()) < 1);
  assert.ok(Math.abs(one!.nowMs() - later!.nowMs() - 5) < 1);
  assert.equal(one!.epochNs, epochNs);
});

test('the clock of another thread agrees within a millisecond', async () => {
  const clock = new SharedClock(process.hrtime.bigint());
  const worker = new Worker(new URL('./shared-clock-worker.ts', import.meta.url), { workerData: clock.epochNs });
  await once(worker, 'message');
  // The worker's answer lies between question and answer; the quickest of many rounds bounds the difference best.
  let between = Infinity;
  let isWithin = false;
  for (let round = 0; round < 200 && !isWithin; round += 1) {
    const answered = once(worker, 'message');
    const before = clock.nowMs();
    worker.postMessage(null);
    const [theirs] = (await answered) as [number];
    const after = clock.nowMs();
    assert.ok(theirs > before - 1 && theirs < after + 1, `${theirs} is not between ${before} and ${after}`);
    between = Math.min(between, after - before);
    isWithin = between < 1;
  }
  assert.ok(isWithin, `the quickest answer took ${between} ms`);
  await worker.terminate();
});

test('wall-clock time moves with the clock and is right now', () => {
  const clock = new SharedClock(process.hrtime.bigint() - 1_000_000_000n);
  const nowMs = clock.nowMs();
  assert.ok(Math.abs(clock.wallMs(nowMs) - Date.now()) < 1000);
  assert.ok(Math.abs(clock.wallMs(nowMs + 2500) - clock.wallMs(nowMs) - 2500) <= 1);
  assert.ok(Number.isInteger(clock.wallMs(0.123)));
});

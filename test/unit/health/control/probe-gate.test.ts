import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProbeGate } from '../../../../src/health/control/probe-gate.ts';

describe('the probe gate', () => {
  test('lets the limit in, and the next when one leaves, in order', async () => {
    const gate = new ProbeGate(2);
    const started: number[] = [];
    const tasks = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const runs = tasks.map((task, at) =>
      gate.run(() => {
        started.push(at);
        return task.promise;
      }),
    );
    assert.deepEqual(started, [0, 1]);
    tasks[1]!.resolve();
    await runs[1];
    assert.deepEqual(started, [0, 1, 2]);
    for (const task of tasks) task.resolve();
    await Promise.all(runs);
    assert.deepEqual(started, [0, 1, 2, 3]);
  });

  test('a task that fails frees its slot', async () => {
    const gate = new ProbeGate(1);
    const first = gate.run(() => Promise.reject(new Error('no')));
    let hasRun = false;
    const second = gate.run(async () => void (hasRun = true));
    await assert.rejects(first, /no/);
    await second;
    assert.equal(hasRun, true);
  });

  test('a limit below one is refused', () => {
    assert.throws(() => new ProbeGate(0), RangeError);
  });
});

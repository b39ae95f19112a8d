import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { LimitFleet } from '../../../../src/limits/shared/control/limit-fleet.ts';
import type { SharedMode } from '../../../../src/limits/core/limits-vocabulary.ts';
import { allocateSharedLimits, SharedLimitTable } from '../../../../src/limits/shared/shared-limit-table.ts';

/** Looks at the thread's mode once a second. */
function watch(t: TestContext): { said: string[]; pass: (mode: SharedMode, seconds: number) => Promise<void> } {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const table = new SharedLimitTable(allocateSharedLimits(1));
  const said: string[] = [];
  const fleet = new LimitFleet({
    link: { run: (_script, _key, _args, _deadlineMs, done) => done(null, [1, '1', 0, 0]) },
    prefix: 'test',
    table,
    expectedGateways: () => 1,
    databaseGateways: () => 0,
    onEvent: (severity, message) => said.push(`${severity}: ${message}`),
    log: { info: () => {}, warn: () => {} },
    wallMs: (atMs) => atMs,
  });
  t.after(() => fleet.leave());
  return {
    said,
    pass: async (mode, seconds) => {
      table.setMode(0, mode, 1);
      for (let second = 0; second < seconds; second += 1) {
        t.mock.timers.tick(1000);
        // The round after the last one is scheduled when that has ended.
        for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      }
    },
  };
}

test('a Redis that is slow now and then is no event', async (t) => {
  const { said, pass } = watch(t);
  for (let time = 0; time < 10; time += 1) {
    await pass('slow', 2);
    await pass('shared', 2);
  }
  assert.deepEqual(said, []);
});

test('one that stays slow is a warning, a lost one an error, at once', async (t) => {
  const { said, pass } = watch(t);
  await pass('slow', 10);
  assert.deepEqual(said, ['warn: Redis is slow: no request waits for it, and limits are less exact']);
  await pass('lost', 1);
  assert.match(said[1]!, /^error: Redis is lost/);
  await pass('slow', 1);
  await pass('shared', 1);
  assert.match(said.at(-1)!, /^info: limits are shared by Redis again/);
});

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { LimitFleet } from '../../../../src/limits/shared/control/limit-fleet.ts';
import type { SharedMode } from '../../../../src/limits/core/limits-vocabulary.ts';
import { RedisError } from '../../../../src/redis/redis-error.ts';
import { allocateSharedLimits, SharedLimitTable } from '../../../../src/limits/shared/shared-limit-table.ts';

const DOWN = new RedisError('down', 'no connection');

/** Looks at the thread's mode once a second. */
function watch(t: TestContext): {
  said: string[];
  pass: (mode: SharedMode, seconds: number) => Promise<void>;
  /** What Redis answers to a beat: gateways, epoch, how long ago the last hole was, and how long. */
  answer: { beat: [number, string, number, number] | null };
  fleet: LimitFleet;
} {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const table = new SharedLimitTable(allocateSharedLimits(1));
  const said: string[] = [];
  const answer: ReturnType<typeof watch>['answer'] = { beat: [1, '1', 0, 0] };
  const fleet = new LimitFleet({
    link: {
      run: (_script, _key, _args, _deadlineMs, done) => {
        if (answer.beat === null) done(DOWN, []);
        else done(null, answer.beat);
      },
    },
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
    answer,
    fleet,
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

test('gateways that appear again in a Redis that is back are as many as before, until the others are surely gone', async (t) => {
  const { pass, answer, fleet } = watch(t);
  answer.beat = [4, 'old', 0, 0];
  await pass('shared', 1);
  assert.equal(fleet.gateways, 4);
  answer.beat = null;
  await pass('lost', 3);
  // It has lost its data, and knows the first of them.
  for (const [count, expected] of [
    [1, 4],
    [2, 4],
    [3, 4],
    [3, 4],
    [3, 4],
    [3, 3],
  ] as const) {
    answer.beat = [count, 'new', 0, 0];
    await pass('lost', 1);
    assert.equal(fleet.gateways, expected);
  }
  // Nobody reached it for six seconds, so all were forgotten.
  for (const [agoMs, expected] of [
    [0, 3],
    [4000, 3],
    [5000, 1],
  ] as const) {
    answer.beat = [1, 'new', agoMs, 6000];
    await pass('lost', 1);
    assert.equal(fleet.gateways, expected);
  }
  // One that leaves is gone at once, and more are more.
  for (const count of [4, 2]) {
    answer.beat = [count, 'new', 60_000, 6000];
    await pass('shared', 1);
    assert.equal(fleet.gateways, count);
  }
});

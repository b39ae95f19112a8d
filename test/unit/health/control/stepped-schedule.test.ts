import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { steppedSchedule } from '../../../../src/health/control/stepped-schedule.ts';

/** Time that stands still until the test advances it. */
function harness(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 30;
  const ran: string[] = [];
  const schedule = steppedSchedule(() => nowMs);
  return {
    ran,
    plan: (name: string, ms: number) => schedule(() => ran.push(name), ms),
    goOn: (ms: number) => {
      nowMs += ms;
      t.mock.timers.tick(ms);
    },
  };
}

describe('a schedule in steps', () => {
  test('tasks due near each other run together, half a step early or late at most', (t) => {
    const { ran, plan, goOn } = harness(t);
    plan('at 2951', 2921);
    plan('at 3049', 3019);
    plan('at 3060', 3030);
    goOn(2969);
    assert.deepEqual(ran, []);
    goOn(1);
    assert.deepEqual(ran, ['at 2951', 'at 3049']);
    goOn(100);
    assert.deepEqual(ran, ['at 2951', 'at 3049', 'at 3060']);
  });

  test('a short delay is kept to the millisecond', (t) => {
    const { ran, plan, goOn } = harness(t);
    plan('soon', 20);
    goOn(19);
    assert.deepEqual(ran, []);
    goOn(1);
    assert.deepEqual(ran, ['soon']);
  });

  test('a cancelled task does not run, and the others of its step do', (t) => {
    const { ran, plan, goOn } = harness(t);
    const takeBack = [plan('a', 2000), plan('b', 20)];
    plan('c', 2000);
    for (const each of takeBack) each();
    goOn(3000);
    assert.deepEqual(ran, ['c']);
  });

  test('the same step can be planned again when it has run', (t) => {
    const { ran, plan, goOn } = harness(t);
    plan('first', 1000);
    goOn(1000);
    plan('second', 1000);
    goOn(1000);
    assert.deepEqual(ran, ['first', 'second']);
  });
});

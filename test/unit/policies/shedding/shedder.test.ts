import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from '../../../../src/balancing/pool.ts';
import { SAMPLE_MS, Shedder } from '../../../../src/policies/shedding/shedder.ts';

function make() {
  const time = { nowMs: 1000 };
  const shedder = new Shedder({
    targetDelayMs: 50,
    intervalMs: 500,
    poolFill: 0.8,
    nowMs: () => time.nowMs,
    utilization: () => 1,
    random: () => 0.5,
  });
  const sample = (lateMs: number, count: number): void => {
    for (let at = 0; at < count; at += 1) {
      time.nowMs += SAMPLE_MS + lateMs;
      shedder.sample();
    }
  };
  return { shedder, sample };
}

const pool = (fill: number): Pool => ({ fill: () => fill }) as unknown as Pool;

test('a thread whose timers are late sheds the lower priorities, until they are not', () => {
  const { shedder, sample } = make();
  sample(40, 50);
  assert.equal(shedder.refuses(0, [], 0), false);
  sample(100, 15);
  assert.ok(shedder.level >= 4, `${shedder.level}`);
  assert.deepEqual([shedder.refuses(2, [], 0), shedder.refuses(9, [], 0)], [true, false]);
  sample(0, 100);
  assert.equal(shedder.refuses(0, [], 0), false);
});

test('a full pool sheds, but not if the request may go to another', () => {
  const { shedder } = make();
  const [full, half] = [pool(1), pool(0.5)];
  assert.deepEqual([shedder.refuses(8, [full], 0), shedder.refuses(9, [full], 0)], [true, false]);
  assert.deepEqual([shedder.refuses(0, [full, half], 0), shedder.refuses(0, [], 0)], [false, false]);
});

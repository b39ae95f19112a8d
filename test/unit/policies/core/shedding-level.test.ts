import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../../src/core/random.ts';
import { isShed, levelOfFill, SheddingLevel } from '../../../../src/policies/core/shedding-level.ts';

const SETTINGS = { targetDelayMs: 50, samples: 5 };

function sampled(...delays: readonly number[]): SheddingLevel {
  const level = new SheddingLevel(SETTINGS);
  for (const delayMs of delays) level.sample(delayMs, 1);
  return level;
}

test('only a delay that lasts is overload', () => {
  assert.equal(sampled(500, 500, 500, 500, 49).level, 0);
  assert.equal(sampled(51, 51, 51, 51).level, 0);
  assert.ok(sampled(51, 51, 51, 51, 51).level > 0);
});

test('an event loop that is late but not busy lost its core, and sheds nothing', () => {
  const level = new SheddingLevel(SETTINGS);
  for (let at = 0; at < 50; at += 1) level.sample(500, 0.5);
  assert.equal(level.level, 0);
});

test('the level rises with the excess, stays below the target, and falls when it is calm', () => {
  const [little, much] = [sampled(60, 60, 60, 60, 60), sampled(200, 200, 200, 200, 200)];
  assert.ok(little.level < much.level);
  const before = much.level;
  for (let at = 0; at < 5; at += 1) much.sample(40, 1);
  assert.equal(much.level, before);
  for (let at = 0; at < 50; at += 1) much.sample(10, 1);
  assert.equal(much.level, 0);
  for (let at = 0; at < 500; at += 1) much.sample(10_000, 1);
  assert.equal(much.level, 9);
});

test('lower priorities are refused, the next one in part, and the highest never', () => {
  assert.deepEqual(
    [isShed(4, 5.5, 0.9), isShed(5, 5.5, 0.4), isShed(5, 5.5, 0.5), isShed(6, 5.5, 0)],
    [true, true, false, false],
  );
  assert.equal(isShed(9, 9, 0), false);
  assert.equal(isShed(0, 0, 0), false);
});

test('a pool sheds from its threshold on, and all but the highest when it is full', () => {
  assert.deepEqual(
    [levelOfFill(0.79, 0.8), levelOfFill(0.8, 0.8), levelOfFill(1, 0.8), levelOfFill(2, 0.8)],
    [0, 0, 9, 9],
  );
  assert.ok(Math.abs(levelOfFill(0.9, 0.8) - 4.5) < 1e-9);
  assert.deepEqual([levelOfFill(0.99, 1), levelOfFill(1, 1)], [0, 9]);
});

test('impossible settings are RangeErrors', () => {
  assert.throws(() => new SheddingLevel({ targetDelayMs: 0, samples: 5 }), RangeError);
  assert.throws(() => new SheddingLevel({ targetDelayMs: 5, samples: 0 }), RangeError);
});

/**
 * A thread that serves one request a millisecond, and refuses one in a twentieth of that; requests come in a steady
 * stream. @returns by priority, the share that was served in the last `judgedMs`; and the mean delay
 */
function simulate(rate: (atMs: number) => number, totalMs: number, judgedMs: number) {
  const random = seededRandom(7);
  const level = new SheddingLevel(SETTINGS);
  const arrived = Array.from({ length: 10 }, () => 0);
  const served = Array.from({ length: 10 }, () => 0);
  let backlogMs = 0;
  let delaySum = 0;
  for (let nowMs = 0; nowMs < totalMs; nowMs += 1) {
    const count = Math.floor(rate(nowMs)) + Number(random() < rate(nowMs) % 1);
    for (let at = 0; at < count; at += 1) {
      const priority = Math.floor(random() * 10);
      const isRefused = isShed(priority, level.level, random());
      backlogMs += isRefused ? 0.05 : 1;
      if (nowMs < totalMs - judgedMs) continue;
      arrived[priority]! += 1;
      if (!isRefused) served[priority]! += 1;
    }
    backlogMs = Math.max(0, backlogMs - 1);
    if (nowMs % 100 === 0) level.sample(backlogMs, backlogMs > 0 ? 1 : rate(nowMs));
    if (nowMs >= totalMs - judgedMs) delaySum += backlogMs;
  }
  const share = (from: number, to: number): number => {
    const sum = (counts: readonly number[]): number => counts.slice(from, to + 1).reduce((all, each) => all + each, 0);
    return sum(served) / sum(arrived);
  };
  return { share, delayMs: delaySum / judgedMs, level: level.level };
}

test('at twice its capacity, a thread serves the upper half and stays quick', () => {
  const { share, delayMs } = simulate(() => 2, 120_000, 60_000);
  assert.ok(share(7, 9) > 0.97, `upper ${share(7, 9)}`);
  assert.ok(share(0, 1) < 0.1, `lower ${share(0, 1)}`);
  assert.ok(share(0, 9) > 0.4, `all ${share(0, 9)}`);
  assert.ok(delayMs < 500, `delay ${delayMs}`);
});

test('below its capacity it refuses nothing, and after an overload it recovers', () => {
  assert.equal(simulate(() => 0.85, 60_000, 60_000).share(0, 9), 1);
  const { share, level } = simulate((atMs) => (atMs < 30_000 ? 3 : 0.5), 120_000, 30_000);
  assert.deepEqual([share(0, 9), level], [1, 0]);
});

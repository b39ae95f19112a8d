import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Reading,
  ReplicaAdvisor,
  type ReplicaBounds,
  wantedBy,
} from '../../../../src/scaling/core/replica-advice.ts';
import { scaleReason } from '../../../../src/scaling/core/scale-reason.ts';
import { seededDraw } from '../../../support/seeded.ts';

const BOUNDS: ReplicaBounds = { min: 1, max: 10, stabilizationMs: 300_000 };

function rps(value: number | null, target = 100): Reading {
  return { signal: 'rps', value, target, isTotal: true };
}

function p95(value: number | null, target = 500): Reading {
  return { signal: 'p95', value, target, isTotal: false };
}

function of(count: number): { readonly present: number; readonly ready: number } {
  return { present: count, ready: count };
}

function wanted(readings: readonly Reading[], present: number, bounds: Partial<ReplicaBounds> = {}): number {
  return new ReplicaAdvisor().advise(readings, of(present), { ...BOUNDS, ...bounds }, 0).wanted;
}

test('a total asks for as many replicas as share it at the target', () => {
  assert.equal(wantedBy(rps(250), 1), 3);
  assert.equal(wantedBy(rps(300), 1), 3);
  assert.equal(wantedBy(rps(301), 1), 4);
  assert.equal(wantedBy(rps(0), 4), 0);
  assert.equal(wantedBy(rps(null), 4), null);
});

test('an average asks for as many more replicas as it is above the target', () => {
  assert.equal(wantedBy(p95(1000), 3), 6);
  assert.equal(wantedBy(p95(600), 1), 2);
  assert.equal(wantedBy(p95(100), 5), 1);
});

test('a signal within a tenth of its target asks for no change', () => {
  assert.equal(wantedBy(rps(330), 3), 3);
  assert.equal(wantedBy(rps(331), 3), 4);
  assert.equal(wantedBy(rps(270), 3), 3);
  assert.equal(wantedBy(rps(178), 3), 2);
  assert.equal(wantedBy(p95(0.3, 0.1), 3), 9, 'no replica more for a rounding error');
});

test('the signal that asks for most decides, and the bounds limit it', () => {
  const {
    wanted: number,
    by,
    asked,
    limitedBy,
  } = new ReplicaAdvisor().advise([rps(500), p95(750)], of(4), { ...BOUNDS, max: 5 }, 0);
  assert.deepEqual([number, by, asked, limitedBy], [5, 'p95', 6, 'max']);
  assert.equal(wanted([rps(0)], 1, { min: 2 }), 2);
  assert.equal(new ReplicaAdvisor().advise([rps(0)], of(1), BOUNDS, 0).limitedBy, 'min');
});

test('a signal that is not known never lets the number fall', () => {
  const advice = new ReplicaAdvisor().advise([rps(100), p95(null)], of(3), { ...BOUNDS, stabilizationMs: 0 }, 0);
  assert.deepEqual([advice.wanted, advice.limitedBy], [3, 'unknown']);
  assert.equal(wanted([rps(600), p95(null)], 3), 6);
  assert.equal(wanted([p95(null)], 3), 3);
});

test('it grows to at most twice as many at once, but to four in any case', () => {
  assert.equal(wanted([rps(1000)], 1), 4);
  assert.equal(wanted([rps(1000)], 3), 6);
  assert.equal(wanted([rps(1000)], 0), 4);
});

test('averages are those of replicas that take requests', () => {
  const { wanted: number } = new ReplicaAdvisor().advise([p95(1000)], { present: 4, ready: 2 }, BOUNDS, 0);
  assert.equal(number, 4);
});

test('it falls once nothing has asked for more for the stabilization time', () => {
  const advisor = new ReplicaAdvisor();
  const at = (value: number, nowMs: number): number => advisor.advise([rps(value)], of(5), BOUNDS, nowMs).wanted;
  assert.equal(at(500, 0), 5);
  assert.equal(at(100, 1000), 5);
  assert.equal(at(300, 60_000), 5);
  assert.equal(at(100, 300_000), 5);
  assert.equal(at(100, 300_001), 3);
  assert.equal(at(100, 360_000), 3);
  assert.equal(at(100, 360_001), 1);
});

test('after a start, what is there counts as wanted', () => {
  const advisor = new ReplicaAdvisor();
  const { wanted: number, limitedBy } = advisor.advise([rps(0)], of(6), BOUNDS, 1000);
  assert.deepEqual([number, limitedBy], [6, 'stabilization']);
  assert.equal(advisor.advise([rps(0)], of(6), BOUNDS, 301_001).wanted, 1);
});

test('the number is always within the bounds, whatever the signals and the clock', () => {
  const draw = seededDraw(95);
  for (let run = 0; run < 300; run += 1) {
    const advisor = new ReplicaAdvisor();
    const min = 1 + draw.below(5);
    const max = min + draw.below(20);
    const bounds = { min, max, stabilizationMs: draw.of([0, 1000, 300_000]) };
    let nowMs = 0;
    for (let step = 0; step < 40; step += 1) {
      nowMs += draw.below(60_000);
      const value = draw.of([null, 0, draw.fraction() * 5000, 1e9]);
      const present = draw.below(30);
      const count = { present, ready: draw.below(present + 1) };
      const { wanted: number } = advisor.advise([rps(value), p95(draw.fraction() * 2000)], count, bounds, nowMs);
      assert.ok(Number.isInteger(number) && number >= min && number <= max, `${number} of ${min} to ${max}`);
    }
  }
});

test('under a noisy load around a level, replicas settle and do not flap', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const draw = seededDraw(seed);
    const advisor = new ReplicaAdvisor();
    const level = 100 + draw.below(700);
    const counts: number[] = [];
    let present = 1;
    // An hour, advice each five seconds, ± 30 % from one to the next.
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += 5000) {
      const value = level * (0.7 + 0.6 * draw.fraction());
      const latency = (200 * value) / (100 * present);
      present = advisor.advise([rps(value), p95(latency)], of(present), BOUNDS, nowMs).wanted;
      counts.push(present);
    }
    const settled = counts.slice(60);
    const changes = settled.filter((count, at) => at > 0 && count !== settled[at - 1]).length;
    assert.ok(changes <= 2, `seed ${seed}: ${changes} changes around ${level} requests/s`);
    assert.ok(Math.min(...settled) >= Math.min(10, level / 100), `seed ${seed}: too few`);
  }
});

test('it follows a load that rises within two rounds, and one that ends after the stabilization time', () => {
  const advisor = new ReplicaAdvisor();
  let present = 2;
  const run = (value: number, fromMs: number, toMs: number): void => {
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 5000) {
      present = advisor.advise([rps(value)], of(present), BOUNDS, nowMs).wanted;
    }
  };
  run(200, 0, 10_000);
  assert.equal(present, 2);
  run(900, 10_000, 20_000);
  assert.equal(present, 8);
  run(900, 20_000, 25_000);
  assert.equal(present, 9);
  run(50, 25_000, 320_000);
  assert.equal(present, 9);
  run(50, 320_000, 330_000);
  assert.equal(present, 1);
});

test('the reason names the signal, its target and the limit', () => {
  const advise = (readings: readonly Reading[], present: number): string => {
    const advice = new ReplicaAdvisor().advise(readings, of(present), BOUNDS, 0);
    return scaleReason({ ...BOUNDS, ...advice });
  };
  assert.equal(advise([rps(812.3456)], 5), 'rps 812.346, target 100: 9');
  assert.equal(advise([rps(5000)], 8), 'rps 5000, target 100: 50; max is 10');
  assert.equal(advise([rps(5000)], 2), 'rps 5000, target 100: 50; 4 for now, at most twice as many at once');
  assert.equal(advise([rps(100), p95(null)], 1), 'rps 100, target 100: 1; p95 not known');
  assert.equal(advise([p95(null)], 3), 'p95 not known; as many as there are');
  assert.equal(advise([{ signal: 'cpu', value: 0.9, target: 0.6, isTotal: false }], 4), 'cpu 90 %, target 60 %: 6');
});

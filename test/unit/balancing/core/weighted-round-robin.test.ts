import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WeightedRoundRobin } from '../../../../src/balancing/core/weighted-round-robin.ts';
import { candidatesOf, strategySuite } from './strategy-suite.ts';

strategySuite('weighted-round-robin', { weightTolerance: 0.001 });

function sequence(strategy: WeightedRoundRobin, candidates: ReturnType<typeof candidatesOf>, length: number): string {
  return Array.from({ length }, () => 'abcdefgh'[candidates[strategy.pick(candidates)]!.index - 3]).join('');
}

describe('weighted-round-robin', () => {
  it('is as smooth as nginx: 5, 1, 1 is aabacaa', () => {
    assert.equal(sequence(new WeightedRoundRobin(), candidatesOf(5, 1, 1), 14), 'aabacaaaabacaa');
  });

  it('gives weights 3, 1, 1 exactly 300, 100 and 100 of 500', () => {
    const picked = sequence(new WeightedRoundRobin(), candidatesOf(3, 1, 1), 500);
    const counts = ['a', 'b', 'c'].map((name) => picked.split(name).length - 1);
    assert.deepEqual(counts, [300, 100, 100]);
  });

  it('goes round in order when the weights are equal, for long', () => {
    assert.equal(sequence(new WeightedRoundRobin(), candidatesOf(1, 1, 1), 30_000), 'abc'.repeat(10_000));
    assert.equal(sequence(new WeightedRoundRobin(), candidatesOf(0.7, 0.7, 0.7), 30_000), 'abc'.repeat(10_000));
  });

  it('remembers credit by backend, so that a list in another order changes nothing', () => {
    const strategy = new WeightedRoundRobin();
    const candidates = candidatesOf(3, 2, 1);
    const counts = [0, 0, 0];
    for (let turn = 0; turn < 600; turn += 1) {
      candidates.push(candidates.shift()!);
      counts[candidates[strategy.pick(candidates)]!.index - 3]! += 1;
    }
    assert.deepEqual(counts, [300, 200, 100]);
  });

  it('neither floods nor starves a backend that comes back', () => {
    const strategy = new WeightedRoundRobin();
    const all = candidatesOf(1, 1, 1);
    sequence(strategy, all, 4);
    sequence(strategy, all.slice(1), 1000);
    const after = sequence(strategy, all, 30);
    assert.ok(Math.abs(after.split('a').length - 1 - 10) <= 1, after);
    assert.ok(!after.includes('aa'), after);
  });

  it('follows a weight that falls a thousandfold at once', () => {
    const strategy = new WeightedRoundRobin();
    sequence(strategy, candidatesOf(1000, 1000, 1000), 100);
    const after = sequence(strategy, candidatesOf(1, 1, 1), 30);
    for (const name of 'abc') assert.ok(Math.abs(after.split(name).length - 1 - 10) <= 1, after);
  });
});

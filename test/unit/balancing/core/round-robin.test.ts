import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RoundRobin } from '../../../../src/balancing/core/round-robin.ts';
import { candidatesOf, Stage, strategySuite } from './strategy-suite.ts';

strategySuite('round-robin', { weightTolerance: null });

describe('round-robin', () => {
  it('goes round in order', () => {
    const strategy = new RoundRobin(new Stage());
    const candidates = candidatesOf(1, 1, 1);
    assert.deepEqual(
      Array.from({ length: 7 }, () => strategy.pick(candidates)),
      [0, 1, 2, 0, 1, 2, 0],
    );
  });

  it('shares its turns with the other threads', () => {
    const stage = new Stage();
    const [one, other] = [new RoundRobin(stage), new RoundRobin(stage)];
    const candidates = candidatesOf(1, 1, 1, 1);
    assert.deepEqual(
      [one, other, one, other].map((strategy) => strategy.pick(candidates)),
      [0, 1, 2, 3],
    );
  });

  it('goes on when the counter wraps', () => {
    const turns = [0xfffffffe, 0xffffffff, 0, 1];
    const strategy = new RoundRobin({ nextTurn: () => turns.shift()! });
    assert.deepEqual(
      Array.from({ length: 4 }, () => strategy.pick(candidatesOf(1, 1, 1))),
      [2, 0, 0, 1],
    );
  });

  it('takes no turn for an empty pool', () => {
    const stage = new Stage();
    new RoundRobin(stage).pick([]);
    assert.equal(stage.nextTurn(), 0);
  });
});

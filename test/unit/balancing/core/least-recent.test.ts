import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LeastRecent } from '../../../../src/balancing/core/least-recent.ts';
import { candidatesOf } from './strategy-suite.ts';

describe('the least recent', () => {
  const all = candidatesOf(1, 1, 1);

  it('goes round', () => {
    const strategy = new LeastRecent();
    assert.deepEqual(
      Array.from({ length: 5 }, () => strategy.pick(all)),
      [0, 1, 2, 0, 1],
    );
    assert.equal(strategy.pick([]), -1);
  });

  it('is picked when it is in the list again, whatever else is', () => {
    const strategy = new LeastRecent();
    for (let turn = 0; turn < 5; turn += 1) strategy.pick(all.slice(0, 2));
    assert.equal(strategy.pick(all.slice(1)), 1);
    assert.equal(strategy.pick(all.toReversed()), 1);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LeastConnections } from '../../../../src/balancing/core/least-connections.ts';
import { candidatesOf, sharesOf, Stage, strategySuite } from './strategy-suite.ts';

strategySuite('least-connections', { weightTolerance: 0.05 });

describe('least-connections', () => {
  it('picks the one with the fewest in flight', () => {
    const stage = new Stage();
    for (const [index, count] of [
      [3, 2],
      [4, 1],
      [5, 7],
    ] as const) {
      stage.addInFlight(index, count);
    }
    assert.equal(new LeastConnections(stage).pick(candidatesOf(1, 1, 1)), 1);
  });

  it('counts by weight: 4 of weight 4 are fewer than 2 of weight 1', () => {
    const stage = new Stage();
    stage.addInFlight(3, 2);
    stage.addInFlight(4, 4);
    assert.equal(new LeastConnections(stage).pick(candidatesOf(1, 4)), 1);
  });

  it('draws evenly among equals, wherever they stand in the list', () => {
    const stage = new Stage();
    for (const index of [4, 5, 6]) stage.addInFlight(index, 9);
    const shares = sharesOf(new LeastConnections(stage), stage, candidatesOf(1, 1, 1, 1, 1));
    assert.deepEqual(shares.slice(1, 4), [0, 0, 0]);
    assert.ok(Math.abs(shares[0]! - 0.5) < 0.02 && Math.abs(shares[4]! - 0.5) < 0.02, `${shares}`);
  });

  it('draws by weight among idle backends', () => {
    const stage = new Stage();
    const shares = sharesOf(new LeastConnections(stage), stage, candidatesOf(1, 3));
    assert.ok(Math.abs(shares[1]! - 0.75) < 0.02, `${shares}`);
  });

  it('answers with a tie it saw when another thread changes the loads while it draws', () => {
    let reads = 0;
    const load = { inFlight: () => ((reads += 1) <= 3 ? 0 : 1), latencyMs: () => Number.NaN };
    assert.equal(new LeastConnections({ random: () => 0.99, load }).pick(candidatesOf(1, 1, 1)), 0);
  });
});

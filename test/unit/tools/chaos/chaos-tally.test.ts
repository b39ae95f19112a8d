import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Outcome, Tally } from '../../../../tools/chaos/chaos-tally.ts';

const CALM = { minPerSecond: 2, p95Ms: 100 };

describe('the tally of a load', () => {
  test('failures are distinguished by whether the request could be retried', () => {
    const tally = new Tally();
    tally.add(0, outcome());
    tally.add(1, outcome({ kind: 'status', detail: '502' }));
    tally.add(499, outcome({ kind: 'broken', detail: 'ECONNRESET', isIdempotent: false }));
    tally.add(499, outcome({ kind: 'refused', detail: '429' }));
    tally.add(500, outcome({ kind: 'wrong', detail: 'not its answer' }));
    const { failures, p95Ms: _, ...totals } = tally.totals(0, 999);
    assert.deepEqual(totals, { sent: 5, refused: 1, wrong: 1, failed: 2, failedIdempotent: 1, failedOther: 1 });
    assert.deepEqual([...failures.keys()], ['GET 502', 'POST ECONNRESET', 'GET 429', 'GET not its answer']);
  });

  test('totals are of the slots asked for', () => {
    const tally = new Tally();
    for (const atMs of [499, 500, 999, 1000]) tally.add(atMs, outcome());
    assert.equal(tally.totals(500, 999).sent, 2);
  });

  test('calm is a whole second without failures that has ended', () => {
    const tally = new Tally();
    tally.add(499, outcome({ kind: 'broken' }));
    tally.add(500, outcome());
    tally.add(1499, outcome());
    assert.equal(tally.isCalm(0, 1499, CALM), false);
    assert.equal(tally.isCalm(0, 1500, CALM), true);
    assert.equal(tally.isCalm(501, 1500, CALM), false, 'its second began before');
  });

  test('silence, slowness and refusals are not calm', () => {
    for (const odd of [[], [outcome({ durationMs: 101 })], [outcome({ kind: 'refused' })]]) {
      const tally = new Tally();
      for (const each of [outcome(), ...odd]) tally.add(0, each);
      assert.equal(tally.isCalm(0, 1000, CALM), false);
    }
  });
});

function outcome(change: Partial<Outcome> = {}): Outcome {
  return { kind: 'ok', detail: '', isIdempotent: true, durationMs: 1, ...change };
}

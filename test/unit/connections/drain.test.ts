import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closingChance } from '../../../src/connections/drain.ts';
import { seededRandom } from '../../../src/core/random.ts';

const DELAY_MS = 5000;
const EVERY_MS = 100;

test('in the first half, no idle connection is closed; in the last round, all are', () => {
  assert.equal(closingChance(DELAY_MS, DELAY_MS, EVERY_MS), 0);
  assert.equal(closingChance(2501, DELAY_MS, EVERY_MS), 0);
  assert.ok(closingChance(2500, DELAY_MS, EVERY_MS) > 0);
  assert.equal(closingChance(100, DELAY_MS, EVERY_MS), 1);
  assert.equal(closingChance(-50, DELAY_MS, EVERY_MS), 1);
});

test('over the second half, about as many are closed in each round', () => {
  const random = seededRandom(7);
  let open = 10_000;
  for (let leftMs = 2500; leftMs > 0; leftMs -= EVERY_MS) {
    const chance = closingChance(leftMs, DELAY_MS, EVERY_MS);
    let closed = 0;
    for (let at = 0; at < open; at += 1) if (random() < chance) closed += 1;
    open -= closed;
    // 25 rounds; four standard deviations.
    assert.ok(Math.abs(closed - 400) < 80, `${closed} with ${leftMs} ms left`);
  }
  assert.equal(open, 0);
});

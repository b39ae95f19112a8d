import assert from 'node:assert/strict';
import { it } from 'node:test';
import { mayRetry } from '../../../src/core/retry-budget.ts';

it('a quiet gateway may always run its minimum of retries', () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((retries) => mayRetry(retries, 1, 0.2, 3)),
    [true, true, true, false],
  );
});

it('a busy gateway may run its share of retries and not one more', () => {
  assert.equal(mayRetry(19, 100, 0.2, 3), true);
  assert.equal(mayRetry(20, 100, 0.2, 3), false);
  assert.equal(mayRetry(19, 99, 0.2, 3), false);
});

it('a budget of nothing allows nothing', () => assert.equal(mayRetry(0, 1000, 0, 0), false));

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WallOffset } from '../../../../src/tracing/core/wall-offset.ts';

test('the offset approaches the true one, although the wall clock shows whole milliseconds', () => {
  const offset = new WallOffset();
  const trueMs = 1_700_000_000_000.75;
  let last = 0;
  for (let nowMs = 0; nowMs < 100; nowMs += 0.37) last = offset.at(nowMs, Math.floor(nowMs + trueMs));
  assert.ok(last <= trueMs && trueMs - last < 0.05, String(last - trueMs));
});

test('it follows a wall clock that is set forward or back', () => {
  const offset = new WallOffset();
  assert.equal(offset.at(10, 1010), 1000);
  assert.equal(offset.at(20, 6020), 6000);
  assert.equal(offset.at(30, 1030), 1000);
});

/** Costs that are known later, of limits that a fleet shares. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BucketPolicy } from '../../../../src/limits/client-table.ts';
import type { SharedLimits } from '../../../../src/limits/shared/shared-limits.ts';
import { RedisError } from '../../../../src/redis/redis-error.ts';
import { hourWindow, LimitsWorld, slowBucket } from '../../../support/limits-world.ts';

const DOWN = new RedisError('down', 'no connection');
const CAPACITY = 1000;
const KEY = 'c:client';

function limitOf(limits: SharedLimits, policy: BucketPolicy, nowMs: number) {
  return limits.limit('c:', 'client', 5, 9, policy, (policy.windowMs ?? 0) > 0, nowMs);
}

/** Takes, and waits for Redis if need be. */
function take(world: LimitsWorld, limits: SharedLimits, policy: BucketPolicy, cost: number): boolean {
  let isTaken: boolean | null = null;
  const limit = limitOf(limits, policy, world.nowMs);
  const verdict = limit.take(cost, world.nowMs);
  if (verdict !== 'undecided') return verdict === 'admitted';
  limit.wait(cost, world.nowMs, (isAdmitted) => (isTaken = isAdmitted));
  world.advance(50);
  return isTaken === true;
}

/** Tokens that the server has as used. */
function usedAtServer(world: LimitsWorld, isWindow: boolean): number {
  if (isWindow) {
    const { current, previous } = world.windows.get(KEY)!;
    return Math.round(current + previous);
  }
  const { tatUs, fillUs } = world.buckets.get(KEY)!;
  return Math.round((Math.max(0, tatUs - world.serverUs) / fillUs) * CAPACITY);
}

for (const [name, policy] of [
  ['bucket', slowBucket(CAPACITY)],
  ['window', hourWindow(CAPACITY)],
] as const) {
  const isWindow = name === 'window';

  describe(`a shared ${name}`, () => {
    it('is charged what the estimate lacked, soon, and refuses until it is paid', () => {
      const world = new LimitsWorld();
      const { limits } = world.thread();
      assert.equal(take(world, limits, policy, 100), true);
      limitOf(limits, policy, world.nowMs).charge(1200, world.nowMs);
      world.advance(300);
      assert.equal(usedAtServer(world, isWindow), 1300);
      assert.equal(take(world, limits, policy, 1), false);
    });

    it('has a debt of at most one capacity, at the server too', () => {
      const world = new LimitsWorld();
      const { limits } = world.thread();
      take(world, limits, policy, 100);
      limitOf(limits, policy, world.nowMs).charge(1e9, world.nowMs);
      world.advance(300);
      assert.equal(usedAtServer(world, isWindow), 2 * CAPACITY);
    });

    it('gets back what the server has not been charged yet', () => {
      const world = new LimitsWorld();
      const { limits } = world.thread();
      take(world, limits, policy, 100);
      limitOf(limits, policy, world.nowMs).giveBack(60, world.nowMs, world.nowMs);
      world.advance(300);
      assert.equal(usedAtServer(world, isWindow), 40);
    });

    it('gets back what the server was charged long before', () => {
      const world = new LimitsWorld();
      const { limits } = world.thread();
      const takenMs = world.nowMs;
      take(world, limits, policy, 100);
      world.advance(60_000);
      assert.equal(usedAtServer(world, isWindow), 100);
      limitOf(limits, policy, world.nowMs).giveBack(60, takenMs, world.nowMs);
      world.advance(300);
      assert.equal(usedAtServer(world, isWindow), 40);
    });

    it('gets back what the server refused to take back, once it does', () => {
      for (const isInParts of [false, true]) {
        const world = new LimitsWorld();
        world.isInParts = isInParts;
        const { limits } = world.thread();
        take(world, limits, policy, 100);
        world.advance(300);
        world.failure = new RedisError('oom', 'OOM command not allowed');
        limitOf(limits, policy, world.nowMs).giveBack(60, world.nowMs, world.nowMs);
        world.advance(1000);
        assert.deepEqual(world.modes, isInParts ? [] : ['lost']);
        world.failure = null;
        world.advance(5000);
        assert.equal(usedAtServer(world, isWindow), 40);
        assert.equal(take(world, limits, policy, 960), true);
      }
    });

    it('settles within the share while Redis is lost, and is charged when it is back', () => {
      const world = new LimitsWorld();
      world.gateways = 2;
      const { limits } = world.thread();
      take(world, limits, policy, 10);
      world.advance(300);
      world.failure = DOWN;
      limits.onLinkDown(DOWN);
      assert.equal(take(world, limits, policy, 100), true);
      limitOf(limits, policy, world.nowMs).giveBack(50, world.nowMs, world.nowMs);
      limitOf(limits, policy, world.nowMs).charge(400, world.nowMs);
      // Of the share of 500, 450 and the first 5 are used.
      assert.equal(take(world, limits, policy, 60), false);
      world.failure = null;
      world.advance(5000);
      assert.equal(usedAtServer(world, isWindow), 460);
    });
  });
}

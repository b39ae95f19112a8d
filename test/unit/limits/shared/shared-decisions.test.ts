/** What a shared limit decides on by itself, when it asks Redis, and what it charges and gives back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SharedLimits } from '../../../../src/limits/shared/shared-limits.ts';
import { RedisError } from '../../../../src/redis/redis-error.ts';
import { admittedOf, hourWindow, LimitsWorld, request, slowBucket } from '../../../support/limits-world.ts';

const DOWN = new RedisError('down', 'no connection');
const KEY = 'c:ip:7';
/** A thousand a second. */
const FAST = { capacity: 100, ratePerSecond: 1000, windowMs: 0 };

/** Requests that are admitted at once, until one has to wait or is refused. */
function admittedAtOnce(world: LimitsWorld, limits: SharedLimits, policy: ReturnType<typeof slowBucket>): number {
  let count = 0;
  while (count < 1000 && request(world, limits, policy).answer === 'admitted') count += 1;
  return count;
}

/** Tokens that are missing in the server's bucket. */
function missing(world: LimitsWorld, { ratePerSecond }: { readonly ratePerSecond: number }): number {
  const bucket = world.buckets.get(KEY);
  if (bucket === undefined) return 0;
  return (Math.max(0, bucket.tatUs - world.serverUs) * ratePerSecond) / 1e6;
}

function drain(world: LimitsWorld, { capacity, ratePerSecond }: { capacity: number; ratePerSecond: number }): void {
  const fillUs = (capacity * 1e6) / ratePerSecond;
  world.buckets.set(KEY, { tatUs: world.serverUs + fillUs, baseUs: 0, fillUs });
}

describe('far from the limit', () => {
  it('a small one is asked for all the same: one request at each gateway would be much of it', () => {
    for (const [capacity, answer] of [
      [49, 'waiting'],
      [50, 'admitted'],
    ] as const) {
      const world = new LimitsWorld();
      world.gateways = 2;
      assert.equal(request(world, world.thread().limits, slowBucket(capacity)).answer, answer);
    }
  });

  it('it admits a part of what is left before it is charged, less if it has not heard of the limit lately', () => {
    const world = new LimitsWorld();
    world.gateways = 2;
    const { limits } = world.thread();
    world.isSilent = true;
    // Both gateways together 4 %.
    assert.equal(admittedAtOnce(world, limits, slowBucket(100)), 2);
    for (const [ageMs, admitted] of [
      [1, 24],
      [20, 24],
      [30, 5],
      [240, 5],
      [260, 2],
    ] as const) {
      const later = new LimitsWorld();
      later.gateways = 2;
      const other = later.thread().limits;
      request(later, other, slowBucket(100));
      request(later, other, slowBucket(100));
      later.advance(ageMs);
      later.isSilent = true;
      assert.equal(admittedAtOnce(later, other, slowBucket(100)), admitted, `after ${ageMs} ms`);
    }
  });

  it('other settings change what was admitted and leased before them as they change the limit', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const [small, large] = [slowBucket(100), slowBucket(200)];
    request(world, limits, small);
    // Not charged yet.
    assert.equal(request(world, limits, large).answer, 'admitted');
    world.advance(120);
    assert.equal(Math.round(missing(world, large)), 3);

    const hot = { capacity: 1000, ratePerSecond: 0.1, windowMs: 0 };
    const half = { ...hot, capacity: 500, ratePerSecond: 0.05 };
    const other = new LimitsWorld();
    const leased = other.thread().limits;
    let admitted = 0;
    for (let count = 0; count < 700; count += 1) {
      if (request(other, leased, hot).answer !== 'refused') admitted += 1;
      other.advance(1);
    }
    assert.ok(missing(other, hot) > admitted + 2, 'nothing is leased');
    request(other, leased, half);
    leased.close();
    other.advance(1);
    assert.ok(
      Math.abs(missing(other, half) - (admitted / 2 + 1)) < 0.1,
      `${missing(other, half)} of ${admitted / 2 + 1}`,
    );
  });

  it('charges are as of when the requests came: the bucket has refilled since', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    assert.equal(request(world, limits, FAST).answer, 'admitted');
    world.advance(8);
    assert.equal(world.commands, 1);
    assert.equal(missing(world, FAST), 0);
    assert.ok(world.buckets.get(KEY)!.tatUs < world.serverUs - 4000);
  });

  it('what is given back before it was charged is as if it had never been taken', () => {
    const world = new LimitsWorld();
    world.isSilent = true;
    const { limits } = world.thread();
    for (let count = 0; count < 200; count += 1) {
      assert.equal(request(world, limits, slowBucket(100)).answer, 'admitted');
      const limit = limits.limit('c:', 'ip:7', 7, 7, slowBucket(100), false, world.nowMs);
      limit.refund(1, world.nowMs);
      assert.equal(limit.level.unsettled, 0);
    }
  });

  it('what is given back after it was charged goes back to the server, as soon as nobody wants it', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const policy = slowBucket(100);
    for (let count = 0; count < 3; count += 1) request(world, limits, policy);
    world.advance(120);
    assert.equal(Math.round(missing(world, policy)), 3);
    limits.limit('c:', 'ip:7', 7, 7, policy, false, world.nowMs).refund(2, world.nowMs);
    world.advance(103);
    assert.equal(Math.round(missing(world, policy)), 1);
  });
});

describe('near the limit', () => {
  it('of a cost that is not left, nothing is taken', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const policy = slowBucket(10);
    world.buckets.set(KEY, { tatUs: world.serverUs + 7e10, baseUs: 0, fillUs: 1e11 });
    const asked = request(world, limits, policy, { cost: 5 });
    world.advance(0.5);
    assert.equal(asked.answer, 'refused');
    assert.equal(Math.round(missing(world, policy)), 7);
  });

  it('a limit that others use up is asked for now and then, not by every request', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const policy = { capacity: 1000, ratePerSecond: 1000, windowMs: 0 };
    // Before it is known to be hot, and afterwards.
    for (const most of [4, 45]) {
      world.commands = 0;
      for (let count = 0; count < 10 * most - 25; count += 1) {
        drain(world, policy);
        request(world, limits, policy);
        world.advance(1.1);
      }
      assert.ok(world.commands <= most, `${world.commands} commands`);
    }
  });

  it('hot: tokens are there before they are wanted', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const hot = { capacity: 1000, ratePerSecond: 1000, windowMs: 0 };
    request(world, limits, hot, { cost: 600 });
    world.advance(1);
    for (let count = 0; count < 1000; count += 1) {
      if (count === 300) world.paths.length = 0;
      request(world, limits, hot);
      world.advance(1);
    }
    const leased = world.paths.filter((path) => path === 'lease').length;
    assert.ok(leased >= 680, `${leased} of 700`);
  });

  it('slow: nobody waits, and each gateway admits no more than its share of what is left before it is charged', () => {
    const world = new LimitsWorld();
    world.gateways = 2;
    world.rttMs = 9;
    const { limits } = world.thread();
    const policy = slowBucket(20);
    for (let count = 0; limits.mode !== 'slow'; count += 1) {
      request(world, limits, policy, { client: 100 + count });
      world.advance(30);
    }
    request(world, limits, policy);
    world.advance(30);
    world.isSilent = true;
    world.settings = { ...world.settings, waitMs: 15 };
    const before = world.nowMs;
    const admitted = admittedAtOnce(world, limits, policy);
    assert.equal(world.nowMs, before);
    assert.ok(admitted >= 5 && admitted <= 10, `${admitted} of 19`);
  });
});

describe('what was admitted is charged once', () => {
  it('also if Redis refused the first charge', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const policy = slowBucket(100);
    world.failure = new RedisError('other', 'WRONGTYPE');
    for (let count = 0; count < 3; count += 1) request(world, limits, policy);
    world.advance(20);
    world.failure = null;
    request(world, limits, policy);
    world.advance(150);
    assert.equal(Math.round(missing(world, policy)), 4);
  });

  it('also if Redis was lost before it was, with what was admitted meanwhile', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const policy = slowBucket(100);
    request(world, limits, policy);
    world.failure = DOWN;
    limits.onLinkDown(DOWN);
    assert.equal(admittedOf(world, limits, policy, 5), 5);
    world.failure = null;
    world.advance(1000);
    assert.equal(limits.mode, 'shared');
    assert.equal(Math.round(missing(world, policy)), 6);
  });

  it('also if Redis hung and runs the first charge afterwards; what it would grant then is not lost', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    // A bucket that refills in a second, half used.
    const policy = { capacity: 100, ratePerSecond: 100, windowMs: 0 };
    request(world, limits, policy, { cost: 50 });
    world.advance(5);
    world.hung = [];
    const before = request(world, limits, policy);
    limits.onLinkDown(DOWN);
    assert.equal(before.answer, 'admitted');
    world.failure = DOWN;
    world.advance(1300);
    const tatUs = world.buckets.get(KEY)!.tatUs;
    assert.ok(world.hung.length > 0);
    world.resume();
    assert.equal(world.buckets.get(KEY)!.tatUs, tatUs);
  });

  it('also if the thread stops; what it had leased goes back', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const policy = { capacity: 1000, ratePerSecond: 0.1, windowMs: 0 };
    let admitted = 0;
    for (let count = 0; count < 700; count += 1) {
      if (request(world, limits, policy).answer !== 'refused') admitted += 1;
      world.advance(1);
    }
    assert.ok(missing(world, policy) > admitted, 'nothing is leased');
    limits.close();
    world.advance(1);
    assert.equal(Math.round(missing(world, policy)), admitted);
    const far = new LimitsWorld();
    const other = far.thread().limits;
    request(far, other, slowBucket(100));
    other.close();
    far.advance(1);
    assert.equal(Math.round(missing(far, slowBucket(100))), 1);
  });

  it('as of the outage: what has refilled since is not missing', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const policy = { capacity: 100, ratePerSecond: 10, windowMs: 0 };
    request(world, limits, policy);
    world.advance(200);
    world.failure = DOWN;
    limits.onLinkDown(DOWN);
    assert.equal(admittedOf(world, limits, policy, 40), 40);
    world.advance(3000);
    world.failure = null;
    world.advance(400);
    assert.equal(limits.mode, 'shared');
    const left = missing(world, policy);
    assert.ok(left > 0 && left < 12, `${left} missing`);
  });

  it('also if others had Redis again before, on top of what they have used since', () => {
    const world = new LimitsWorld();
    world.gateways = 2;
    const { limits } = world.thread();
    const policy = slowBucket(100);
    world.failure = DOWN;
    limits.onLinkDown(DOWN);
    assert.equal(admittedOf(world, limits, policy, 20), 20);
    world.advance(1000);
    // The others have used 50 meanwhile.
    const fillUs = 1e12;
    world.buckets.set(KEY, { tatUs: world.serverUs + 0.5 * fillUs, baseUs: 0, fillUs });
    world.firstMs = 800;
    world.failure = null;
    world.advance(1000);
    assert.equal(limits.mode, 'shared');
    const left = 100 - missing(world, policy);
    assert.ok(left > 29.9 && left < 30.1, `${left} left`);
  });

  it('also after a loss of all, once, however uneven the load was: no other gateway admitted the rest of this share', () => {
    for (const policy of [slowBucket(100), hourWindow(100)]) {
      for (const isWiped of [false, true]) {
        const world = new LimitsWorld();
        world.gateways = 2;
        world.firstMs = 0;
        const { limits } = world.thread();
        world.failure = DOWN;
        limits.onLinkDown(DOWN);
        assert.equal(admittedOf(world, limits, policy, 80), 50);
        world.advance(5000);
        if (isWiped) {
          world.buckets.clear();
          world.windows.clear();
        }
        world.failure = null;
        world.advance(1000);
        assert.equal(limits.mode, 'shared');
        const rest = admittedOf(world, limits, policy, 80);
        // A window counts whole requests, rounded up.
        assert.ok(rest >= 47 && rest <= 50, `${rest} of 50`);
      }
    }
  });

  it('also by two threads of a gateway, each for itself', () => {
    for (const policy of [slowBucket(100), hourWindow(100)]) {
      const world = new LimitsWorld({ threads: 2 });
      world.gateways = 2;
      world.firstMs = 0;
      const threads = [world.thread(0).limits, world.thread(1).limits];
      world.failure = DOWN;
      for (const limits of threads) limits.onLinkDown(DOWN);
      assert.equal(admittedOf(world, threads[0]!, policy, 30), 30);
      assert.equal(admittedOf(world, threads[1]!, policy, 30), 20);
      world.advance(5000);
      world.failure = null;
      world.advance(1000);
      for (const limits of threads) assert.equal(limits.mode, 'shared');
      const rest = admittedOf(world, threads[1]!, policy, 80);
      assert.ok(rest >= 47 && rest <= 50, `${rest} of 50`);
    }
  });

  it('less what had been leased before and was not spent', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const policy = { capacity: 1000, ratePerSecond: 0.1, windowMs: 0 };
    let admitted = 0;
    for (let count = 0; count < 700; count += 1) {
      if (request(world, limits, policy).answer !== 'refused') admitted += 1;
      world.advance(1);
    }
    const leased = Math.round(missing(world, policy)) - admitted;
    assert.ok(leased > 2, 'nothing is leased');
    world.failure = DOWN;
    limits.onLinkDown(DOWN);
    world.advance(500);
    // More, and then fewer, than it had leased.
    for (const more of [leased + 5, 0]) {
      for (let count = 0; count < more; count += 1) assert.equal(request(world, limits, policy).answer, 'admitted');
      admitted += more;
      world.failure = null;
      world.advance(1000);
      assert.equal(limits.mode, 'shared');
      assert.equal(Math.round(missing(world, policy)), admitted);
      if (more === 0) break;
      for (let count = 0; count < 60; count += 1) {
        if (request(world, limits, policy).answer !== 'refused') admitted += 1;
        world.advance(1);
      }
      world.failure = DOWN;
      limits.onLinkDown(DOWN);
      world.advance(500);
    }
  });

  it('and what was used before is restored in a Redis that has lost its data, also if nobody used it since', () => {
    const world = new LimitsWorld();
    world.firstMs = 0;
    const { limits } = world.thread();
    const policy = slowBucket(100);
    assert.equal(admittedOf(world, limits, policy, 60), 60);
    // The thread forgets it; the client table does not.
    world.advance(2000);
    assert.equal(limits.size, 0);
    world.failure = DOWN;
    limits.onLinkDown(DOWN);
    world.buckets.clear();
    world.failure = null;
    world.advance(1000);
    assert.equal(limits.mode, 'shared');
    const rest = admittedOf(world, limits, policy, 100);
    assert.ok(rest >= 36 && rest <= 41, `${rest} of 40`);
  });

  it('also if Redis hangs again before it has answered the charge', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    const policy = slowBucket(100);
    world.failure = DOWN;
    limits.onLinkDown(DOWN);
    assert.equal(admittedOf(world, limits, policy, 20), 20);
    world.failure = null;
    while (limits.mode === 'lost') world.advance(0.1);
    world.hung = [];
    world.advance(1);
    assert.ok(world.hung.length > 0, 'nothing is charged');
    limits.onLinkDown(DOWN);
    const { hung } = world;
    world.advance(300);
    for (const run of hung) run();
    world.hung = null;
    world.advance(1000);
    assert.equal(limits.mode, 'shared');
    assert.equal(Math.round(missing(world, policy)), 20);
  });

  it("also if the server's clock is set while the charge is under way", () => {
    for (const offMs of [5000, -5000]) {
      const world = new LimitsWorld();
      const { limits } = world.thread();
      // Used before, so that the server has this much to forget.
      const policy = slowBucket(100);
      for (let count = 0; count < 3; count += 1) request(world, limits, policy);
      world.advance(120);
      world.serverOffMs = offMs;
      for (let count = 0; count < 3; count += 1) request(world, limits, policy);
      world.advance(120);
      assert.equal(Math.round(missing(world, policy)), 6, `${offMs} ms`);
    }
  });

  it('or, if Redis has lost its data, is restored there', () => {
    for (const policy of [slowBucket(100), hourWindow(100)]) {
      const world = new LimitsWorld();
      world.firstMs = 0;
      const { limits } = world.thread();
      assert.equal(admittedOf(world, limits, policy, 60), 60);
      world.failure = DOWN;
      limits.onLinkDown(DOWN);
      assert.equal(admittedOf(world, limits, policy, 10), 10);
      world.buckets.clear();
      world.windows.clear();
      world.failure = null;
      world.advance(1000);
      // What it had leased ahead is lost.
      const rest = admittedOf(world, limits, policy, 100);
      assert.ok(rest >= 26 && rest <= 30, `${rest} of 30`);
    }
  });
});

describe('when Redis is lost after requests were decided without it', () => {
  it('the share that they were decided by is what they count for', () => {
    const world = new LimitsWorld();
    world.gateways = 2;
    const { limits } = world.thread();
    const policy = slowBucket(100);
    const fillUs = 1e12;
    world.buckets.set(KEY, { tatUs: world.serverUs + 0.6 * fillUs, baseUs: 0, fillUs });
    request(world, limits, policy);
    world.advance(120);
    world.isSilent = true;
    const late = Array.from({ length: 5 }, () => request(world, limits, policy));
    world.advance(11);
    assert.deepEqual(new Set(late.map(({ answer }) => answer)), new Set(['admitted']));
    limits.onLinkDown(DOWN);
    // Half of the 39 that are left.
    assert.equal(5 + admittedAtOnce(world, limits, policy), 19);
  });
});

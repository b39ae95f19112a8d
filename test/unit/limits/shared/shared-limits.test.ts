/** The shared limits of a thread: whatever happens to the server, each request is decided, once and in time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SharedLimits } from '../../../../src/limits/shared/shared-limits.ts';
import { RedisError } from '../../../../src/redis/redis-error.ts';
import { admittedOf, hourWindow, LimitsWorld, request, slowBucket } from '../../../support/limits-world.ts';

const DOWN = new RedisError('down', 'no connection');

/** Redis is known to be away. */
function lose(world: LimitsWorld, ...threads: readonly SharedLimits[]): void {
  world.failure = DOWN;
  for (const limits of threads) limits.onLinkDown(DOWN);
}

describe('a request that waits for Redis is decided', () => {
  it('although every answer comes later than a lease lives', () => {
    const world = new LimitsWorld();
    world.rttMs = 150;
    world.settings = { ...world.settings, waitMs: 1000, lostAfterMs: 2000 };
    const { limits } = world.thread();
    const [first, second] = [request(world, limits, slowBucket(5)), request(world, limits, slowBucket(5))];
    world.advance(500);
    assert.deepEqual([first.answer, second.answer], ['admitted', 'admitted']);
    assert.equal(first.waitedMs, 150);
  });

  it('after the time it may wait, also when it came while another was asked for', () => {
    const world = new LimitsWorld();
    world.rttMs = 9;
    const { limits } = world.thread();
    request(world, limits, slowBucket(5));
    world.advance(1);
    const late = request(world, limits, slowBucket(5));
    world.advance(50);
    assert.equal(late.answer, 'admitted');
    assert.ok(late.waitedMs <= 11, `${late.waitedMs} ms`);
  });

  it('after as long as is configured, not before', () => {
    const world = new LimitsWorld();
    world.isSilent = true;
    world.settings = { ...world.settings, waitMs: 2000, lostAfterMs: 4000 };
    const { limits } = world.thread();
    const asked = request(world, limits, slowBucket(5));
    world.advance(1999);
    assert.equal(asked.answer, 'waiting');
    world.advance(3);
    assert.equal(asked.answer, 'admitted');
  });

  it('when Redis is lost while another limit of the same request had it waiting', () => {
    const world = new LimitsWorld();
    world.isSilent = true;
    const { limits } = world.thread();
    // Is called first, and then takes from the other one.
    const nowMs = world.nowMs;
    const first = limits.limit('b:', 'route', 9, 9, slowBucket(5), false, nowMs);
    assert.equal(first.take(1, nowMs), 'undecided');
    let third: string | undefined;
    first.wait(1, nowMs, () => (third = request(world, limits, slowBucket(5), { client: 8 }).answer));
    const second = request(world, limits, slowBucket(5), { client: 8 });
    lose(world, limits);
    assert.equal(third, 'admitted');
    assert.equal(second.answer, 'admitted');
  });

  it('when the thread stops', () => {
    const world = new LimitsWorld();
    world.isSilent = true;
    const { limits } = world.thread();
    const asked = request(world, limits, slowBucket(5));
    limits.close();
    limits.onLinkDown(DOWN);
    world.advance(1);
    assert.equal(asked.answer, 'admitted');
    assert.deepEqual(world.modes, []);
  });

  it('when its limit becomes one of another kind, and Redis is lost then', () => {
    const world = new LimitsWorld();
    world.isSilent = true;
    const { limits } = world.thread();
    const asked = request(world, limits, slowBucket(5));
    request(world, limits, hourWindow(5));
    lose(world, limits);
    assert.equal(asked.answer, 'admitted');
  });

  it('when Redis refuses this one command, or answers what it cannot', () => {
    for (const rubbish of [['?', '1', '2'], [], ['NaN', '0', '0'], [null, null, null, null]]) {
      const world = new LimitsWorld();
      world.rubbish = rubbish;
      const { limits } = world.thread();
      const asked = request(world, limits, slowBucket(5));
      world.advance(20);
      assert.equal(asked.answer, 'admitted');
      assert.equal(admittedOf(world, limits, slowBucket(5), 20), 4);
    }
    const world = new LimitsWorld();
    world.failure = new RedisError('other', 'WRONGTYPE Operation against a key holding the wrong kind of value');
    const { limits } = world.thread();
    assert.equal(admittedOf(world, limits, slowBucket(5), 20), 5);
    assert.equal(limits.mode, 'shared');
  });
});

describe('while a node of a Cluster is away', () => {
  it('its limits are decided by shares and charged later, and the others are shared', () => {
    const world = new LimitsWorld();
    world.gateways = 2;
    world.isInParts = true;
    const { limits } = world.thread();
    world.failure = DOWN;
    assert.equal(admittedOf(world, limits, slowBucket(40), 40), 20);
    assert.equal(limits.mode, 'shared');
    world.failure = null;
    assert.equal(admittedOf(world, limits, slowBucket(40), 60, { client: 8 }), 40);
    assert.deepEqual(world.modes, []);
    world.advance(300);
    assert.equal(admittedOf(world, limits, slowBucket(40), 60), 20, 'it is charged once');
  });

  it('what was admitted is charged when it is back, although nobody comes; a full limit is forgotten', () => {
    const world = new LimitsWorld();
    world.isInParts = true;
    const { limits } = world.thread();
    world.failure = DOWN;
    admittedOf(world, limits, slowBucket(10), 5);
    admittedOf(world, limits, { capacity: 10, ratePerSecond: 100, windowMs: 0 }, 5, { client: 8 });
    world.advance(2000);
    assert.equal(limits.size, 1);
    world.failure = null;
    world.advance(1000);
    const { tatUs } = world.buckets.get('c:ip:7')!;
    assert.equal(Math.round((tatUs - world.serverUs) / 1e10), 5);
    assert.equal(limits.size, 0);
  });

  it('the whole Cluster refusing is a loss', () => {
    const world = new LimitsWorld();
    world.isInParts = true;
    const { limits } = world.thread();
    world.failure = new RedisError('clusterdown', 'CLUSTERDOWN The cluster is down');
    request(world, limits, slowBucket(5));
    world.advance(1);
    assert.equal(limits.mode, 'lost');
  });
});

describe('a slow Redis', () => {
  it('is slow until it is well below where it became slow', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    for (const [rttMs, mode] of [
      [5, 'shared'],
      [8, 'slow'],
      [5, 'slow'],
      [3, 'shared'],
      [5, 'shared'],
    ] as const) {
      world.rttMs = rttMs;
      for (let count = 0; count < 40; count += 1) {
        request(world, limits, slowBucket(5), { client: 100 + count });
        world.advance(20);
      }
      assert.equal(limits.mode, mode, `${rttMs} ms of ${world.settings.waitMs}`);
    }
    assert.deepEqual(world.modes, ['slow', 'shared']);
  });
});

describe('while Redis is lost', () => {
  it('it is back once it answers well within the silence that counts as a loss, however far away it is', () => {
    for (const [lostAfterMs, rttMs, mode] of [
      [100, 40, 'shared'],
      [100, 60, 'lost'],
      [500, 60, 'shared'],
      [500, 240, 'shared'],
    ] as const) {
      const world = new LimitsWorld();
      world.settings = { ...world.settings, lostAfterMs };
      const { limits } = world.thread();
      limits.onLinkDown(DOWN);
      world.rttMs = rttMs;
      world.advance(3000);
      assert.equal(limits.mode, mode, `${rttMs} ms of ${lostAfterMs}`);
    }
  });

  it('it is asked at once when the connection is back', () => {
    const world = new LimitsWorld();
    const { limits } = world.thread();
    world.failure = DOWN;
    limits.onLinkDown(DOWN);
    world.advance(1010);
    world.failure = null;
    limits.onLinkUp();
    world.advance(60);
    assert.equal(limits.mode, 'shared');
    // The question that was due is void.
    world.advance(1000);
    assert.deepEqual(world.modes, ['lost', 'shared']);
  });

  it('all gateways return together, so that none spends what others have admitted and not charged yet', () => {
    const world = new LimitsWorld();
    world.firstMs = 200;
    const { limits } = world.thread();
    limits.onLinkDown(DOWN);
    world.advance(290);
    assert.equal(limits.mode, 'lost');
    world.advance(80);
    assert.equal(limits.mode, 'shared');
  });

  for (const [kind, policy] of [
    ['bucket', slowBucket(100)],
    ['window', hourWindow(100)],
  ] as const) {
    it(`a client that was not seen before gets a share of its ${kind}, whichever thread it comes to`, () => {
      const world = new LimitsWorld({ threads: 2 });
      world.gateways = 4;
      const [one, other] = [world.thread(0).limits, world.thread(1).limits];
      lose(world, one, other);
      assert.equal(admittedOf(world, one, policy, 40) + admittedOf(world, other, policy, 40), 25);
    });

    it(`what one thread has admitted of a ${kind} stays so when another one notices later`, () => {
      const world = new LimitsWorld({ threads: 2 });
      world.gateways = 4;
      const [one, other] = [world.thread(0).limits, world.thread(1).limits];
      for (const limits of [one, other]) admittedOf(world, limits, policy, 1);
      world.advance(30);
      lose(world, one);
      const admitted = admittedOf(world, one, policy, 40);
      lose(world, other);
      assert.ok(admitted >= 23 && admitted <= 25, `${admitted}`);
      assert.ok(admittedOf(world, other, policy, 40) <= 1);
    });

    it(`a request that costs more than its ${kind} holds is refused, as ever`, () => {
      const world = new LimitsWorld();
      const { limits } = world.thread();
      assert.equal(admittedOf(world, limits, policy, 3, { cost: 101 }), 0);
      lose(world, limits);
      assert.equal(admittedOf(world, limits, policy, 3, { cost: 101 }), 0);
      assert.equal(admittedOf(world, limits, policy, 3, { cost: 100 }), 1);
    });

    it(`or not known to be yet, a gateway admits no more than its share of a ${kind}`, () => {
      const world = new LimitsWorld();
      world.gateways = 4;
      const { limits } = world.thread();
      admittedOf(world, limits, policy, 1);
      world.advance(30);
      world.isSilent = true;
      let admitted = 0;
      const asked = Array.from({ length: 90 }, () => {
        const one = request(world, limits, policy);
        world.advance(1);
        return one;
      });
      world.advance(20);
      for (const { answer } of asked) if (answer === 'admitted') admitted += 1;
      assert.ok(asked.every(({ answer }) => answer !== 'waiting'));
      // One is admitted far from the limit, without being asked for.
      assert.ok(admitted <= 27, `${admitted} admitted`);
    });
  }

  it('does not remember any number of clients; their levels stay in the client table', () => {
    const world = new LimitsWorld({ clients: 120_000 });
    const { limits } = world.thread();
    lose(world, limits);
    for (let client = 1; client <= 110_000; client += 1) {
      const nowMs = world.nowMs;
      limits.limit('c:', `${client}`, client, client * 30_000, slowBucket(5), false, nowMs).take(5, nowMs);
    }
    world.advance(3000);
    assert.equal(limits.size, 100_000);
    const forgotten = limits.limit('c:', '1', 1, 30_000, slowBucket(5), false, world.nowMs);
    assert.equal(forgotten.take(1, world.nowMs), 'refused');
  });
});

describe('idle limits', () => {
  it('are forgotten, a part at a time', () => {
    const world = new LimitsWorld({ clients: 10_000 });
    const { limits } = world.thread();
    for (let client = 1; client <= 5000; client += 1) {
      limits.limit('c:', `${client}`, client, client * 500_000, slowBucket(100), false, world.nowMs);
    }
    assert.equal(limits.size, 5000);
    world.advance(251);
    assert.equal(limits.size, 4000);
    world.advance(1000);
    assert.equal(limits.size, 0);
  });
});

describe('the clock of the server', () => {
  for (const [kind, policy] of [
    ['bucket', { capacity: 10, ratePerSecond: 10, windowMs: 0 }],
    ['window', { capacity: 10, ratePerSecond: 10, windowMs: 1000 }],
  ] as const) {
    it(`may be before 2026, and a ${kind} works`, () => {
      const world = new LimitsWorld();
      world.serverOffMs = -5e10;
      const { limits } = world.thread();
      assert.equal(admittedOf(world, limits, policy, 20), 10);
      world.advance(2000);
      assert.equal(admittedOf(world, limits, policy, 20), 10);
    });

    it(`may go back or ahead: a ${kind} refuses for a while at most, and never admits without end`, () => {
      for (const jumpMs of [-1e9, -1500, 1500, 1e9]) {
        const world = new LimitsWorld();
        const { limits } = world.thread();
        assert.equal(admittedOf(world, limits, policy, 30), 10);
        world.serverOffMs = jumpMs;
        const during = admittedOf(world, limits, policy, 30, { everyMs: 100 });
        assert.ok(during <= 40, `${during} after a jump of ${jumpMs}`);
        world.advance(3000);
        assert.equal(admittedOf(world, limits, policy, 30), 10, `after a jump of ${jumpMs}`);
      }
    });
  }
});

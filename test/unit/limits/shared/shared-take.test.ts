/** A request that has several limits, some of them shared: what it takes, and gives back when one of them refuses it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LimitPolicies, RouteLimits } from '../../../../src/limits/limit-policy.ts';
import { type Decision, RateLimiter } from '../../../../src/limits/rate-limiter.ts';
import { SharedTakes } from '../../../../src/limits/shared/shared-take.ts';
import { RedisError } from '../../../../src/redis/redis-error.ts';
import { hourWindow, LimitsWorld, slowBucket } from '../../../support/limits-world.ts';

const DOWN = new RedisError('down', 'no connection');

function routeOf(changes: Partial<RouteLimits>): RouteLimits {
  return { route: 'search', client: null, total: null, dryRun: false, ...changes };
}

interface Outcome {
  readonly decision: Decision;
  /** The limit that the answer's fields are about, and what they say is left. */
  readonly policy: string;
  readonly left: number;
  readonly over: string | null;
}

class Gateway {
  readonly world: LimitsWorld;
  readonly limiter: RateLimiter;
  readonly limits;
  readonly #takes: SharedTakes;
  waited = 0;

  constructor(clients = 1000) {
    this.world = new LimitsWorld({ clients });
    const { table, limits } = this.world.thread();
    this.limits = limits;
    this.limiter = new RateLimiter(table, new Uint32Array([1, 2]));
    this.#takes = new SharedTakes(this.limiter, limits);
  }

  take(
    policies: LimitPolicies,
    { key = 'ip:10.0.0.1', cost = 1, route = null as RouteLimits | null, isPreflight = false } = {},
  ): Outcome {
    let outcome: Outcome | undefined;
    const decided = (decision: Decision): void => {
      const { policy, tokens } = this.limiter.state;
      assert.equal(outcome, undefined, 'decided twice');
      outcome = { decision, policy, left: Math.floor(tokens), over: this.limiter.routeOver };
    };
    const { nowMs } = this.world;
    const now = this.#takes.take(this.limiter.hash(key), key, cost, policies, nowMs, route, isPreflight, decided);
    if (now !== null) decided(now);
    else {
      this.waited += 1;
      this.world.advance(20);
    }
    assert.ok(outcome !== undefined, 'undecided');
    return outcome;
  }

  tally(count: number, policies: LimitPolicies, options: Parameters<Gateway['take']>[1] = {}) {
    const tally: Partial<Record<Decision, number>> = {};
    for (let index = 0; index < count; index += 1) {
      const { decision } = this.take(policies, options);
      tally[decision] = (tally[decision] ?? 0) + 1;
    }
    return tally;
  }

  /** Tokens that Redis has handed out of a limit, once everything that is not spent is back. */
  used(key: string, limit: number): number {
    this.world.advance(1000);
    const bucket = this.world.buckets.get(key);
    const window = this.world.windows.get(key);
    if (window !== undefined) return window.current + window.previous;
    if (bucket === undefined) return 0;
    return Math.round((Math.max(0, bucket.tatUs - this.world.serverUs) / bucket.fillUs) * limit);
  }
}

for (const [kind, limit] of [
  ['buckets', slowBucket],
  ['windows', hourWindow],
] as const) {
  describe(`with ${kind}`, () => {
    it('a client with no other limit gets what its own admits', () => {
      const gateway = new Gateway();
      const policies = { default: limit(5), global: null };
      assert.deepEqual(gateway.tally(9, policies), { allowed: 5, refused: 4 });
      assert.deepEqual(gateway.take(policies), { decision: 'refused', policy: 'default', left: 0, over: null });
      assert.ok(gateway.limiter.state.waitMs > 1000);
      assert.equal(gateway.used('c:ip:10.0.0.1', 5), 5);
    });

    it('a refusal by the route, or the gateway, costs the other limits nothing', () => {
      for (const far of [50, 1000]) {
        const gateway = new Gateway();
        const policies = { default: limit(far), global: limit(far) };
        const route = routeOf({ client: limit(far), total: limit(3) });
        assert.deepEqual(gateway.tally(30, policies, { route }), { allowed: 3, refused_route: 27 });
        assert.equal(gateway.used('c:ip:10.0.0.1', far), 3);
        assert.equal(gateway.used(`rc:${far}/${limit(far).ratePerSecond}:search:ip:10.0.0.1`, far), 3);
        assert.equal(gateway.used('rt:search', 3), 3);
        assert.equal(gateway.used('global', far), 3);
      }
      const gateway = new Gateway();
      const policies = { default: limit(50), global: limit(4) };
      const route = routeOf({ client: limit(50), total: limit(50) });
      assert.deepEqual(gateway.tally(30, policies, { route, cost: 2 }), { allowed: 2, refused_global: 28 });
      assert.equal(gateway.used('c:ip:10.0.0.1', 50), 4);
      assert.equal(gateway.used('rt:search', 50), 4);
    });

    it("a refusal costs nothing of a limit that is each gateway's own", () => {
      const gateway = new Gateway();
      const policies = { default: limit(50), global: { ...limit(20), isLocal: true } };
      const route = routeOf({ client: limit(50), total: { ...limit(10), isLocal: true } });
      assert.deepEqual(gateway.tally(30, { ...policies, default: limit(5) }, { route }), { allowed: 5, refused: 25 });
      assert.deepEqual(gateway.tally(30, policies, { key: 'ip:10.0.0.2', route }), { allowed: 5, refused_route: 25 });
      assert.equal(gateway.limiter.globalTokens(policies, gateway.world.nowMs)?.toFixed(1), '10.0');
      assert.equal(gateway.used('c:ip:10.0.0.2', 50), 5);
    });

    it("a dry run refuses nothing by the route's limits, and takes nothing from them then", () => {
      const gateway = new Gateway();
      const policies = { default: limit(50), global: limit(50) };
      const route = routeOf({ client: limit(30), total: limit(4), dryRun: true });
      const outcomes = Array.from({ length: 10 }, () => gateway.take(policies, { route }));
      assert.ok(outcomes.every(({ decision }) => decision === 'allowed'));
      assert.deepEqual(
        outcomes.map(({ over }) => over),
        [...Array<null>(4).fill(null), ...Array<string>(6).fill('route')],
      );
      assert.equal(gateway.used('rt:search', 4), 4);
      assert.equal(gateway.used(`rc:30/${limit(30).ratePerSecond}:search:ip:10.0.0.1`, 30), 4);
      assert.equal(gateway.used('global', 50), 10);
      const byClient = routeOf({ route: 'other', client: limit(1), total: limit(50), dryRun: true });
      gateway.take(policies, { route: byClient });
      assert.equal(gateway.take(policies, { route: byClient }).over, 'route-client');
      assert.equal(gateway.used('rt:other', 50), 1);
      assert.equal(gateway.take({ ...policies, global: null }).over, null);
    });

    it('what a dry run did not take is not given back when a later limit refuses', () => {
      const gateway = new Gateway();
      const policies = { default: limit(50), global: limit(6) };
      const route = routeOf({ client: limit(30), total: limit(4), dryRun: true });
      assert.deepEqual(gateway.tally(12, policies, { route }), { allowed: 6, refused_global: 6 });
      assert.equal(gateway.used(`rc:30/${limit(30).ratePerSecond}:search:ip:10.0.0.1`, 30), 4);
      assert.equal(gateway.used('rt:search', 4), 4);
    });

    it('the fields are about the limit that refused, or will be reached first, never one of a dry run', () => {
      const gateway = new Gateway();
      const policies = { default: limit(50), global: limit(40) };
      const route = routeOf({ client: limit(30), total: limit(2) });
      assert.deepEqual(gateway.take(policies), { decision: 'allowed', policy: 'global', left: 39, over: null });
      const first = gateway.take(policies, { route });
      assert.deepEqual([first.policy, first.left], ['route', 1]);
      gateway.take(policies, { route });
      assert.equal(gateway.take(policies, { route }).policy, 'route');
      const dry = gateway.take(policies, { route: { ...route, dryRun: true } });
      assert.deepEqual([dry.decision, dry.policy], ['allowed', 'global']);
      const tight = routeOf({ route: 'other', total: limit(3), dryRun: true });
      const unused = gateway.take(policies, { route: tight });
      assert.deepEqual([unused.over, unused.policy], [null, 'global']);
    });

    it('a client with settings of its own is limited and named by these', () => {
      const gateway = new Gateway();
      const policies = { default: limit(50), global: null };
      const { lo, hi } = gateway.limiter.hash('id:shop');
      gateway.limiter.table.register(lo, hi, limit(3), policies.default, gateway.world.nowMs);
      assert.deepEqual(gateway.tally(10, policies, { key: 'id:shop' }), { allowed: 3, refused: 7 });
      assert.equal(gateway.take(policies, { key: 'id:shop' }).policy, 'client');
      assert.equal(gateway.take({ ...policies, global: limit(50) }, { key: 'id:shop' }).policy, 'client');
    });

    it('free preflights have a limit of their own, as large as the default one', () => {
      const gateway = new Gateway();
      const policies = { default: limit(5), global: null };
      assert.deepEqual(gateway.tally(8, policies, { isPreflight: true }), { allowed: 5, refused: 3 });
      assert.equal(gateway.take(policies, { isPreflight: true }).policy, 'preflight');
      assert.deepEqual(gateway.tally(8, policies), { allowed: 5, refused: 3 });
      const counted = { default: limit(50), global: limit(6) };
      assert.deepEqual(gateway.tally(8, counted, { isPreflight: true }), { allowed: 6, refused_global: 2 });
    });

    it('while Redis is lost, a refusal costs the other limits nothing either', () => {
      const gateway = new Gateway();
      gateway.world.gateways = 2;
      gateway.world.failure = DOWN;
      gateway.limits.onLinkDown(DOWN);
      const policies = { default: limit(50), global: limit(6) };
      assert.deepEqual(gateway.tally(40, policies), { allowed: 3, refused_global: 37 });
      assert.deepEqual(gateway.tally(40, { ...policies, global: null }), { allowed: 22, refused: 18 });
    });
  });
}

it('the fields are right, and it is counted, when the client table has no room', () => {
  const gateway = new Gateway(1);
  const policies = { default: slowBucket(5), global: null };
  for (let client = 0; client < 500; client += 1) gateway.take(policies, { key: `ip:${client}` });
  const last = { key: 'ip:last' };
  assert.deepEqual(gateway.tally(7, policies, last), { allowed: 5, refused: 2 });
  const { decision, left } = gateway.take(policies, last);
  assert.deepEqual([decision, left], ['refused', 0]);
  assert.ok(gateway.limiter.state.waitMs > 1000);
  assert.ok(gateway.limiter.table.isOverflow);
});

it('while Redis is lost, the fields are about the share', () => {
  const gateway = new Gateway();
  gateway.world.gateways = 2;
  gateway.world.failure = DOWN;
  gateway.limits.onLinkDown(DOWN);
  const only = gateway.take({ default: slowBucket(50), global: null });
  assert.deepEqual([only.left, gateway.limiter.state.capacity], [24, 25]);
  const both = gateway.take({ default: slowBucket(50), global: slowBucket(20) });
  assert.deepEqual([both.policy, both.left, gateway.limiter.state.capacity], ['global', 9, 10]);
});

it('a client on a route shares no limit with another one on another route, whatever their names', () => {
  const gateway = new Gateway();
  const policies = { default: slowBucket(50), global: null };
  const [one, other] = ['a', 'a:id:b'].map((route) => routeOf({ route, client: slowBucket(4) })) as [
    RouteLimits,
    RouteLimits,
  ];
  assert.deepEqual(gateway.tally(6, policies, { key: 'id:b:id:c', route: one }), { allowed: 4, refused_route: 2 });
  assert.deepEqual(gateway.tally(6, policies, { key: 'id:c', route: other }), { allowed: 4, refused_route: 2 });
});

it('a key with braces, spaces, line ends, or of any length is only a name', () => {
  const gateway = new Gateway();
  const policies = { default: slowBucket(3), global: slowBucket(90) };
  for (const key of [
    'id:{fleet}',
    'id:a b',
    'id:a\r\nDEL x',
    'id:\0',
    `id:${'x'.repeat(16_000)}`,
    'id:ü',
    'id:global',
  ]) {
    assert.deepEqual(gateway.tally(5, policies, { key }), { allowed: 3, refused: 2 });
  }
});

it('several requests that wait at once are each decided once, in their order', () => {
  const { world, limiter, limits } = new Gateway();
  const takes = new SharedTakes(limiter, limits);
  const policies = { default: slowBucket(3), global: slowBucket(10) };
  const decisions: string[] = [];
  for (let index = 0; index < 6; index += 1) {
    const client = limiter.hash('ip:10.0.0.1');
    const now = takes.take(client, 'ip:10.0.0.1', 1, policies, world.nowMs, null, false, (decision) => {
      decisions.push(`${index} ${decision} by ${limiter.state.policy}`);
    });
    assert.equal(now, null);
  }
  world.advance(50);
  assert.deepEqual(decisions.toSorted(), [
    '0 allowed by default',
    '1 allowed by default',
    '2 allowed by default',
    '3 refused by default',
    '4 refused by default',
    '5 refused by default',
  ]);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocateClientTable } from '../../../src/limits/client-table-memory.ts';
import { type BucketPolicy, ClientTable } from '../../../src/limits/client-table.ts';
import type { LimitPolicies, RouteLimits } from '../../../src/limits/limit-policy.ts';
import { type Decision, RateLimiter } from '../../../src/limits/rate-limiter.ts';

const NOW = 90_000;

function bucket(capacity: number): BucketPolicy {
  return { capacity, ratePerSecond: 0.001, windowMs: 0 };
}

function window(limit: number): BucketPolicy {
  return { capacity: limit, ratePerSecond: limit / 60, windowMs: 60_000 };
}

function routeOf(changes: Partial<RouteLimits>): RouteLimits {
  return { route: 'search', client: null, total: null, dryRun: false, ...changes };
}

/** Two limiters over one table, as in two threads. */
function newLimiters(): [RateLimiter, RateLimiter] {
  const buffers = allocateClientTable(100);
  return [0, 1].map((writer) => new RateLimiter(new ClientTable(buffers, writer), new Uint32Array([1, 2]))) as [
    RateLimiter,
    RateLimiter,
  ];
}

function takes(limiters: readonly RateLimiter[], count: number, limits: LimitPolicies, route: RouteLimits | null) {
  const tally: Partial<Record<Decision, number>> = {};
  for (let at = 0; at < count; at += 1) {
    const limiter = limiters[at % limiters.length]!;
    const decision = limiter.take(limiter.hash('ip:10.0.0.1'), 1, limits, NOW, route);
    tally[decision] = (tally[decision] ?? 0) + 1;
  }
  return tally;
}

/** Tokens left: of the client, of the client on the route, of the route, of the gateway. */
function left(limiter: RateLimiter, limits: LimitPolicies, route: RouteLimits | null): unknown {
  const client = limiter.hash('ip:10.0.0.1');
  const rounded = (tokens: number | null): number | null => (tokens === null ? null : Math.round(tokens * 100) / 100);
  return {
    client: rounded(limiter.table.tokens(client.lo, client.hi, limits.default, NOW)),
    route: route === null ? null : rounded(limiter.routeTokens(route, NOW)),
    global: rounded(limiter.globalTokens(limits, NOW)),
  };
}

for (const [kind, limit] of [
  ['token buckets', bucket],
  ['sliding windows', window],
] as const) {
  describe(`with ${kind}`, () => {
    it("a refusal by the client's limit costs nothing of the route's and the gateway's", () => {
      const limiters = newLimiters();
      const limits = { default: limit(3), global: limit(100) };
      const route = routeOf({ client: limit(50), total: limit(50) });
      assert.deepEqual(takes(limiters, 20, limits, route), { allowed: 3, refused: 17 });
      assert.deepEqual(left(limiters[0], limits, route), { client: 0, route: 47, global: 97 });
    });

    it("a refusal by the route's limit costs nothing of the client's and the gateway's", () => {
      const limiters = newLimiters();
      const limits = { default: limit(50), global: limit(100) };
      const route = routeOf({ client: limit(20), total: limit(4) });
      assert.deepEqual(takes(limiters, 20, limits, route), { allowed: 4, refused_route: 16 });
      assert.deepEqual(left(limiters[0], limits, route), { client: 46, route: 0, global: 96 });
      assert.equal(limiters[1].state.policy, 'route');
      // Of the client on this route, too: 20 − 4 are left for when the route has room.
      const later = routeOf({ client: limit(20) });
      assert.deepEqual(takes(limiters, 20, limits, later), { allowed: 16, refused_route: 4 });
      assert.equal(limiters[1].state.policy, 'route-client');
    });

    it("a refusal by the global limit costs nothing of the client's and the route's", () => {
      const limiters = newLimiters();
      const limits = { default: limit(50), global: limit(5) };
      const route = routeOf({ client: limit(30), total: limit(40) });
      assert.deepEqual(takes(limiters, 20, limits, route), { allowed: 5, refused_global: 15 });
      assert.deepEqual(left(limiters[0], limits, route), { client: 45, route: 35, global: 0 });
      const without = { default: limits.default, global: null };
      assert.deepEqual(takes(limiters, 30, without, routeOf({ client: limit(30) })), { allowed: 25, refused_route: 5 });
    });

    it('a route has its own count of each client, and others have their own', () => {
      const [limiter] = newLimiters();
      const limits = { default: limit(50), global: null };
      assert.deepEqual(takes([limiter], 5, limits, routeOf({ client: limit(2) })), { allowed: 2, refused_route: 3 });
      const other = routeOf({ route: 'other', client: limit(2) });
      assert.deepEqual(takes([limiter], 5, limits, other), { allowed: 2, refused_route: 3 });
      const somebody = limiter.hash('ip:10.0.0.2');
      assert.equal(limiter.take(somebody, 1, limits, NOW, routeOf({ client: limit(2) })), 'allowed');
      assert.deepEqual(takes([limiter], 3, limits, null), { allowed: 3 });
    });

    it('an admitted request gets the limit that it will reach first', () => {
      const [limiter] = newLimiters();
      const client = limiter.hash('ip:10.0.0.1');
      const reported = (limits: LimitPolicies, route: RouteLimits): unknown => {
        assert.equal(limiter.take(client, 1, limits, NOW, route), 'allowed');
        return [limiter.state.policy, Math.floor(limiter.state.tokens)];
      };
      const wide = { default: limit(50), global: limit(60) };
      assert.deepEqual(reported(wide, routeOf({ client: limit(20), total: limit(30) })), ['route-client', 19]);
      assert.deepEqual(reported(wide, routeOf({ client: limit(30), total: limit(20) })), ['route', 18]);
      assert.deepEqual(reported(wide, routeOf({ client: limit(70), total: limit(80) })), ['default', 47]);
      assert.deepEqual(reported(wide, routeOf({ client: limit(5), total: limit(5), dryRun: true })), ['default', 46]);
    });

    it('a route in dry run takes tokens like an enforced one, refuses nothing, and reports it', () => {
      const limiters = newLimiters();
      const limits = { default: limit(50), global: limit(50) };
      const route = routeOf({ client: limit(9), total: limit(4), dryRun: true });
      assert.deepEqual(takes(limiters, 10, limits, route), { allowed: 10 });
      assert.deepEqual([limiters[1].routeOver, limiters[1].state.policy], ['route', 'default']);
      assert.deepEqual(left(limiters[0], limits, route), { client: 40, route: 0, global: 40 });
      const enforced = routeOf({ client: limit(9) });
      assert.deepEqual(takes(limiters, 9, limits, enforced), { allowed: 5, refused_route: 4 }, '9 − 4');
    });

    it('a cost is taken from every limit, and what costs more than there is takes nothing', () => {
      const [limiter] = newLimiters();
      const limits = { default: limit(10), global: limit(25) };
      const route = routeOf({ total: limit(20) });
      const client = limiter.hash('ip:10.0.0.1');
      assert.equal(limiter.take(client, 7, limits, NOW, route), 'allowed');
      assert.equal(limiter.take(client, 7, limits, NOW, route), 'refused');
      assert.deepEqual(left(limiter, limits, route), { client: 3, route: 13, global: 18 });
      assert.equal(limiter.take(client, 3, limits, NOW, route), 'allowed');
    });
  });
}

describe('the limits that all clients of a route share', () => {
  it('keep their share when settings change, and are gone when the route is', () => {
    const [limiter] = newLimiters();
    const limits = { default: bucket(1000), global: null };
    const before = routeOf({ total: bucket(100) });
    limiter.setRoutes([], [before], NOW);
    takes([limiter], 50, limits, before);
    const after = routeOf({ total: bucket(10) });
    limiter.setRoutes([before], [after], NOW);
    assert.equal(Math.round(limiter.routeTokens(after, NOW)!), 5);
    limiter.setRoutes([after], [after], NOW);
    limiter.setRoutes([after], [], NOW);
    assert.equal(limiter.routeTokens(routeOf({}), NOW), null);
  });

  it('are left alone when the default changes', () => {
    const [limiter] = newLimiters();
    const limits = { default: bucket(1000), global: null };
    const route = routeOf({ client: { capacity: 10, ratePerSecond: 1 } });
    takes([limiter], 10, limits, route);
    limiter.table.rescaleDefault(bucket(1000), { capacity: 1e9, ratePerSecond: 100 }, NOW);
    const client = limiter.hash('ip:10.0.0.1');
    assert.equal(limiter.take(client, 4, limits, NOW + 3900, route), 'refused_route');
    assert.equal(limiter.take(client, 4, limits, NOW + 4000, route), 'allowed');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocateClientTable } from '../../../src/limits/client-table-memory.ts';
import { type BucketPolicy, ClientTable } from '../../../src/limits/client-table.ts';
import type { LimitPolicies } from '../../../src/limits/limit-policy.ts';
import { RateLimiter } from '../../../src/limits/rate-limiter.ts';

const HASH_KEY = new Uint32Array([0x01234567, 0x89abcdef]);
const NOW = 1000;

/** Two limiters over one table, as in two threads. */
function newLimiters(clients = 100): [RateLimiter, RateLimiter] {
  const buffers = allocateClientTable(clients);
  return [0, 1].map((writer) => new RateLimiter(new ClientTable(buffers, writer), HASH_KEY)) as [
    RateLimiter,
    RateLimiter,
  ];
}

function limits(policy: BucketPolicy, global: BucketPolicy | null = null): LimitPolicies {
  return { default: policy, global };
}

const five: BucketPolicy = { capacity: 5, ratePerSecond: 1 };
const ten: BucketPolicy = { capacity: 10, ratePerSecond: 1 };

describe('keys', () => {
  it('have the same hash in every thread of a process, and another one in another process', () => {
    const [one, two] = newLimiters();
    assert.deepEqual(one.hash('ip:10.0.0.1'), two.hash('ip:10.0.0.1'));
    assert.notDeepEqual(one.hash('ip:10.0.0.1'), one.hash('ip:10.0.0.2'));
    const other = new RateLimiter(one.table, new Uint32Array([1, 2]));
    assert.notDeepEqual(one.hash('ip:10.0.0.1'), other.hash('ip:10.0.0.1'));
  });

  it('that are registered are known on every thread', () => {
    const [one, two] = newLimiters();
    const { lo, hi } = one.hash('id:mobile');
    one.table.register(lo, hi, ten, five, NOW);
    assert.equal(two.isRegistered('id:mobile'), true);
    assert.equal(two.isRegistered('id:other'), false);
  });
});

describe('a client', () => {
  it('gets its capacity over all threads and is refused after that', () => {
    const [one, two] = newLimiters();
    const client = one.hash('ip:10.0.0.1');
    const decisions = [one, two, one, two, one, two].map((limiter) => limiter.take(client, 1, limits(five), NOW));
    assert.deepEqual(decisions, ['allowed', 'allowed', 'allowed', 'allowed', 'allowed', 'refused']);
    assert.equal(one.take(one.hash('ip:10.0.0.2'), 1, limits(five), NOW), 'allowed');
  });

  it('that is refused gets its limit and when to retry', () => {
    const [limiter] = newLimiters();
    const client = limiter.hash('ip:10.0.0.1');
    limiter.take(client, 5, limits(five), NOW);
    limiter.take(client, 2, limits(five), NOW + 500);
    const { waitMs, tokens, ...state } = limiter.state;
    assert.deepEqual(state, { policy: 'default', capacity: 5, ratePerSecond: 1, windowMs: 0 });
    assert.ok(Math.abs(waitMs - 1500) < 0.01 && Math.abs(tokens - 0.5) < 0.01);
  });

  it('with settings of its own has them, and gets them in the fields', () => {
    const [one, two] = newLimiters();
    const client = one.hash('id:mobile');
    two.table.register(client.lo, client.hi, { capacity: 2, ratePerSecond: 4 }, five, NOW);
    assert.equal(one.take(client, 2, limits(five), NOW), 'allowed');
    assert.equal(one.take(client, 1, limits(five), NOW), 'refused');
    assert.deepEqual(
      [one.state.policy, one.state.capacity, one.state.ratePerSecond, Math.round(one.state.waitMs)],
      ['client', 2, 4, 250],
    );
  });

  it('whose request costs more than its bucket holds learns that waiting does not help', () => {
    const [limiter] = newLimiters();
    assert.equal(limiter.take(limiter.hash('ip:10.0.0.1'), 6, limits(five), NOW), 'refused');
    assert.equal(limiter.state.waitMs, Infinity);
    assert.equal(limiter.state.tokens, 5);
  });
});

describe('the global limit', () => {
  const both = limits(ten, five);

  it('is shared by all clients of all threads', () => {
    const [one, two] = newLimiters();
    const decisions = [one, two, one, two, one, two].map((limiter, at) =>
      limiter.take(limiter.hash(`ip:10.0.0.${at}`), 1, both, NOW),
    );
    assert.deepEqual(decisions.slice(4), ['allowed', 'refused_global']);
    assert.deepEqual([two.state.policy, two.state.capacity], ['global', 5]);
    assert.ok(Math.abs(two.state.waitMs - 1000) < 0.01);
  });

  it('that refuses costs the client nothing', () => {
    const [limiter] = newLimiters();
    const [first, second] = [limiter.hash('ip:10.0.0.1'), limiter.hash('ip:10.0.0.2')];
    assert.equal(limiter.take(first, 5, both, NOW), 'allowed');
    assert.equal(limiter.take(second, 3, both, NOW), 'refused_global');
    assert.equal(limiter.table.tokens(second.lo, second.hi, ten, NOW), 10);
    assert.equal(limiter.table.tokens(first.lo, first.hi, ten, NOW), 5);
  });

  it('that refuses costs a registered client nothing, at its own rate', () => {
    const [limiter] = newLimiters();
    const client = limiter.hash('id:mobile');
    limiter.table.register(client.lo, client.hi, { capacity: 50, ratePerSecond: 3 }, ten, NOW);
    assert.equal(limiter.take(client, 6, both, NOW), 'refused_global');
    const tokens = limiter.table.tokens(client.lo, client.hi, ten, NOW)!;
    assert.ok(Math.abs(tokens - 50) < 1e-6, `${tokens}`);
  });

  it('loses nothing to a request that its client’s own limit refuses', () => {
    const [limiter] = newLimiters();
    const generous = limits(five, ten);
    const client = limiter.hash('ip:10.0.0.1');
    assert.equal(limiter.take(client, 5, generous, NOW), 'allowed');
    assert.equal(limiter.take(client, 1, generous, NOW), 'refused');
    assert.equal(limiter.state.policy, 'default');
    assert.equal(limiter.globalTokens(generous, NOW), 5);
  });

  it('that is invalid is not counted', () => {
    const [limiter] = newLimiters();
    assert.equal(limiter.globalTokens(limits(five), NOW), null);
    assert.equal(limiter.globalTokens(both, NOW), 5);
    limiter.take(limiter.hash('ip:10.0.0.1'), 2, both, NOW);
    assert.equal(limiter.globalTokens(both, NOW), 3);
  });

  it('is rescaled, not refilled, when its setting changes', () => {
    const [limiter] = newLimiters();
    const client = limiter.hash('ip:10.0.0.1');
    limiter.setGlobal(five, NOW);
    limiter.take(client, 5, both, NOW);
    limiter.setGlobal(ten, NOW);
    const doubled = limits(ten, ten);
    assert.ok(limiter.globalTokens(doubled, NOW)! < 1e-6);
    assert.equal(limiter.take(client, 1, doubled, NOW), 'refused_global');
    assert.equal(limiter.take(client, 1, doubled, NOW + 1000), 'allowed');
  });

  it('that is turned off and on again starts full once the unused bucket is', () => {
    const [limiter] = newLimiters();
    const client = limiter.hash('ip:10.0.0.1');
    limiter.setGlobal(five, NOW);
    limiter.take(client, 5, both, NOW);
    limiter.setGlobal(null, NOW);
    assert.equal(limiter.take(client, 1, limits(ten), NOW), 'allowed');
    limiter.setGlobal(five, NOW + 2000);
    assert.equal(limiter.globalTokens(both, NOW + 2000), 5);
  });

  it('that refuses costs an overflow bucket nothing', () => {
    const [limiter] = fullTable();
    const client = limiter.hash('ip:10.0.0.1');
    for (let turn = 0; turn < 50; turn += 1) {
      assert.equal(limiter.take(client, 6, both, NOW), 'refused_global');
      assert.equal(limiter.table.isOverflow, true);
    }
  });

  it('does not hide that the client is in an overflow bucket', () => {
    const [limiter] = fullTable();
    assert.equal(limiter.take(limiter.hash('ip:10.0.0.1'), 1, both, NOW), 'allowed');
    assert.equal(limiter.table.isOverflow, true);
  });
});

/** Every slot of the table holds a registered client, but for the global bucket's. */
function fullTable(): [RateLimiter, RateLimiter] {
  const limiters = newLimiters(1);
  limiters[0].setGlobal(five, NOW);
  for (let client = 0; client < 3000; client += 1) {
    const { lo, hi } = limiters[0].hash(`id:${client}`);
    limiters[0].table.register(lo, hi, ten, ten, NOW);
  }
  return limiters;
}

describe('a request that is admitted', () => {
  it('gets what is left of its limit', () => {
    const [limiter] = newLimiters();
    const client = limiter.hash('ip:10.0.0.1');
    assert.equal(limiter.take(client, 2, limits(five), NOW), 'allowed');
    assert.deepEqual(limiter.state, {
      policy: 'default',
      capacity: 5,
      ratePerSecond: 1,
      windowMs: 0,
      tokens: 3,
      waitMs: 0,
    });
    limiter.table.register(client.lo, client.hi, { capacity: 20, ratePerSecond: 4 }, five, NOW);
    limiter.take(client, 1, limits(five), NOW);
    assert.deepEqual([limiter.state.policy, limiter.state.capacity], ['client', 20]);
  });

  it('gets the global limit when less is left of that', () => {
    const [limiter] = newLimiters();
    const policies = limits(five, ten);
    const reported = ['1', '2', '3'].map((host) => {
      limiter.take(limiter.hash(`ip:10.0.0.${host}`), 3, policies, NOW);
      return [limiter.state.policy, limiter.state.tokens];
    });
    assert.deepEqual(reported, [
      ['default', 2],
      ['default', 2],
      ['global', 1],
    ]);
  });

  it('by a sliding window gets its length and what is left', () => {
    const [limiter] = newLimiters();
    const client = limiter.hash('ip:10.0.0.1');
    const window = { capacity: 6, ratePerSecond: 0.1, windowMs: 60_000 };
    for (const [policy, own] of [
      ['default', false],
      ['client', true],
    ] as const) {
      if (own) limiter.table.register(client.lo, client.hi, window, window, NOW);
      limiter.take(client, 2, limits(window), NOW);
      const { tokens, ...state } = limiter.state;
      assert.deepEqual(state, { policy, capacity: 6, ratePerSecond: 0.1, windowMs: 60_000, waitMs: 0 });
      assert.equal(tokens, own ? 2 : 4);
    }
  });
});

describe('a preflight that costs nothing', () => {
  it('takes nothing of the limit of its client, and is bounded by one as large', () => {
    const [one, two] = newLimiters();
    const client = one.hash('ip:10.0.0.1');
    const decisions = [one, two, one, two, one, two].map((limiter) => limiter.takePreflight(client, limits(five), NOW));
    assert.deepEqual(decisions, ['allowed', 'allowed', 'allowed', 'allowed', 'allowed', 'refused']);
    assert.deepEqual([two.state.policy, two.state.capacity], ['preflight', 5]);
    assert.equal(one.take(client, 5, limits(five), NOW), 'allowed', 'all of the limit is there');
    assert.equal(one.takePreflight(one.hash('ip:10.0.0.2'), limits(five), NOW), 'allowed', 'others have their own');
  });

  it('counts towards the global limit, whose refusal costs it nothing', () => {
    const [limiter] = newLimiters();
    const client = limiter.hash('ip:10.0.0.1');
    const policies = limits(ten, { capacity: 1, ratePerSecond: 1 });
    assert.equal(limiter.takePreflight(client, policies, NOW), 'allowed');
    assert.equal(limiter.takePreflight(client, policies, NOW), 'refused_global');
    assert.equal(limiter.state.policy, 'global');
    assert.equal(limiter.takePreflight(client, policies, NOW + 1000), 'allowed');
  });
});

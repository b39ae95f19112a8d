import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { addLimitFields, type LimitState, RateLimitFields } from '../../../src/limits/rate-limit-fields.ts';

const DEFAULT: LimitState = {
  policy: 'default',
  capacity: 100,
  ratePerSecond: 10,
  windowMs: 0,
  tokens: 57.9,
  waitMs: 0,
};

function fields(state: Partial<LimitState>, withLegacy = false): Record<string, string> {
  const flat = new RateLimitFields().of({ ...DEFAULT, ...state }, withLegacy);
  return Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]!]] : [])));
}

/** One item of a structured-fields list (RFC 9651): a string with parameters that are integers of at most 15 digits. */
const ITEM = /^"(?<name>[ !#-[\]-~]*)"(?<parameters>(?:;[a-z*][a-z0-9_.*-]*=-?\d{1,15})*)$/;

function parseItem(text: string | undefined): { name: string; parameters: Record<string, number> } {
  const groups = ITEM.exec(text ?? '')?.groups;
  assert.ok(groups, `${text} is an item`);
  const pairs = groups['parameters']!.split(';').slice(1);
  const parameters = Object.fromEntries(pairs.map((pair) => [pair.split('=')[0]!, Number(pair.split('=')[1])]));
  return { name: groups['name']!, parameters };
}

describe('RateLimit-Policy', () => {
  it('says capacity and time to fill from empty', () => {
    assert.equal(fields({})['ratelimit-policy'], '"default";q=100;w=10');
  });

  it('rounds a broken capacity down and a broken time up', () => {
    assert.equal(fields({ capacity: 10.9, ratePerSecond: 3 })['ratelimit-policy'], '"default";q=10;w=4');
  });

  it('has a window of at least a second: 0 is not allowed', () => {
    assert.equal(fields({ capacity: 1, ratePerSecond: 1000, tokens: 1 })['ratelimit-policy'], '"default";q=1;w=1');
  });
});

describe('RateLimit', () => {
  it('says the whole tokens left and the seconds until the bucket is full', () => {
    assert.equal(fields({})['ratelimit'], '"default";r=57;t=5');
  });

  it('of a full bucket needs no time', () => {
    assert.equal(fields({ tokens: 100 })['ratelimit'], '"default";r=100;t=0');
  });

  it('of a refusal says the seconds until a request could be let through, rounded up', () => {
    assert.equal(fields({ tokens: 0.1, waitMs: 90 })['ratelimit'], '"default";r=0;t=1');
    assert.equal(fields({ tokens: 0, waitMs: 1000 })['ratelimit'], '"default";r=0;t=1');
    assert.equal(fields({ tokens: 0, waitMs: 1000.1 })['ratelimit'], '"default";r=0;t=2');
  });

  it('never says less than nothing', () => assert.equal(fields({ tokens: -1e-9 })['ratelimit'], '"default";r=0;t=11'));
});

describe('Retry-After', () => {
  it('is there for a refusal only', () => {
    assert.equal(fields({})['retry-after'], undefined);
    assert.equal(fields({ waitMs: 0.001 })['retry-after'], '1');
    assert.equal(fields({ waitMs: 2001 })['retry-after'], '3');
  });

  it('is not earlier than the end of the effective window', () => {
    for (const waitMs of [1, 999, 1000, 1001, 59_999]) {
      const all = fields({ tokens: 0, waitMs });
      assert.ok(Number(all['retry-after']) >= parseItem(all['ratelimit']).parameters['t']!);
    }
  });
});

describe('a request that costs more than the bucket holds', () => {
  it('gets no retry hint: no Retry-After, no effective window, which is optional', () => {
    const all = fields({ tokens: 100, waitMs: Infinity }, true);
    assert.deepEqual(parseItem(all['ratelimit']), { name: 'default', parameters: { r: 100 } });
    assert.deepEqual(Object.keys(all), ['ratelimit-policy', 'ratelimit', 'x-ratelimit-limit', 'x-ratelimit-remaining']);
  });
});

describe('the older fields', () => {
  it('are there when asked for, and say the same', () => {
    const all = fields({ tokens: 0, waitMs: 1500 }, true);
    assert.equal(all['x-ratelimit-limit'], '100');
    assert.equal(all['x-ratelimit-remaining'], '0');
    assert.equal(all['x-ratelimit-reset'], '2');
  });

  it('are not there otherwise', () => {
    assert.deepEqual(Object.keys(fields({ waitMs: 1 })), ['ratelimit-policy', 'ratelimit', 'retry-after']);
  });
});

describe('the grammar of the draft', () => {
  const extremes: Partial<LimitState>[] = [
    {},
    { policy: 'client', capacity: 1e9, ratePerSecond: 1e6, tokens: 1e9 },
    { policy: 'global', capacity: 1e9, ratePerSecond: 1e9 / (366 * 86_400), tokens: 0, waitMs: 366 * 86_400_000 },
    { capacity: 1, ratePerSecond: 1e6, tokens: 0.999, waitMs: 1e-6 },
    { capacity: 1.5, ratePerSecond: 1e-6, tokens: 1e-12, waitMs: 1e9 },
  ];
  for (const state of extremes) {
    it(`holds for ${JSON.stringify(state)}`, () => {
      const all = fields(state);
      const policy = parseItem(all['ratelimit-policy']);
      const limit = parseItem(all['ratelimit']);
      assert.equal(policy.name, limit.name);
      assert.ok(policy.parameters['q']! >= 0 && policy.parameters['w']! > 0);
      assert.ok(limit.parameters['r']! >= 0 && limit.parameters['t']! >= 0);
      assert.match(all['retry-after'] ?? '0', /^\d+$/);
    });
  }
});

test('a changed limit is sent as it is now, others as before', () => {
  const fieldsOf = new RateLimitFields();
  const policy = (state: Partial<LimitState>): string => fieldsOf.of({ ...DEFAULT, ...state }, false)[1]!;
  assert.equal(policy({}), '"default";q=100;w=10');
  assert.equal(policy({ policy: 'client', capacity: 5 }), '"client";q=5;w=1');
  assert.equal(policy({ capacity: 50 }), '"default";q=50;w=5');
  assert.equal(policy({ ratePerSecond: 1 }), '"default";q=100;w=100');
  assert.equal(policy({ windowMs: 60_000 }), '"default";q=100;w=60');
  assert.equal(policy({ policy: 'client', capacity: 5 }), '"client";q=5;w=1');
});

describe('the fields of a backend', () => {
  const ours = new RateLimitFields().of(DEFAULT, true);

  it('about limits of its own stay next to ours', () => {
    const fields = ['RateLimit', '"theirs";r=3;t=1'];
    addLimitFields(fields, ours.slice(0, 4));
    assert.deepEqual(fields.slice(0, 4), ['RateLimit', '"theirs";r=3;t=1', 'ratelimit-policy', '"default";q=100;w=10']);
    assert.deepEqual(fields.slice(4), ['ratelimit', '"default";r=57;t=5']);
  });

  it('in the older form replace ours', () => {
    const fields = ['X-RateLimit-Remaining', '3'];
    addLimitFields(fields, ours);
    assert.deepEqual(fields.slice(6), ['x-ratelimit-limit', '100', 'x-ratelimit-reset', '5']);
  });

  it('are left alone when the request is under no limit', () => {
    const fields = ['a', '1'];
    addLimitFields(fields, null);
    assert.deepEqual(fields, ['a', '1']);
  });
});

test('repeated fields are identical, and every change is reported', () => {
  const limits = new RateLimitFields();
  const changes: Partial<LimitState>[] = [
    {},
    { tokens: 56 },
    { waitMs: 1000, tokens: 0 },
    { waitMs: 3000, tokens: 0 },
    { waitMs: Infinity, tokens: 0 },
    { capacity: 200 },
    { policy: 'global' },
    { ratePerSecond: 20 },
  ];
  for (const withLegacy of [false, true]) {
    for (const change of changes) {
      const state = { ...DEFAULT, ...change };
      const alone = new RateLimitFields().of(state, withLegacy);
      assert.deepEqual(limits.of(state, withLegacy), alone);
      assert.deepEqual(limits.of(state, withLegacy), alone);
    }
  }
});

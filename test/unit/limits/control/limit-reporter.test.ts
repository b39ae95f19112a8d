import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../../../src/config/load.ts';
import { LiveLimitReports } from '../../../../src/limits/control/limit-reporter.ts';
import { CidrMap } from '../../../../src/net/cidr-map.ts';
import { clientKey } from '../../../../src/identity/client-key.ts';
import { parseCidr } from '../../../../src/net/ip-address.ts';
import { allocateClientTable } from '../../../../src/limits/client-table-memory.ts';
import { ClientTable } from '../../../../src/limits/client-table.ts';
import { limitPolicies, routeLimits } from '../../../../src/limits/limit-policy.ts';
import { Quotas, quotasOfAll } from '../../../../src/limits/quotas/quotas.ts';
import { allocateQuotas, QuotaTable } from '../../../../src/limits/quotas/quota-table.ts';
import { RateLimiter } from '../../../../src/limits/rate-limiter.ts';
import { FakeTelemetry } from '../../../support/fake-telemetry.ts';

const NOW = 90_000;
const WALL = Date.parse('2026-12-31T22:00:00Z');
const YAML = `
pools: { p: { backends: [{ url: "http://h" }] } }
rate_limit: { default: { capacity: 10, rate_per_second: 1 }, denylist: [192.0.2.0/24], quota: { requests: 9, per: day }, global: { limit: 50, size: 60s } }
routes:
  - { name: search, path_prefix: /search, pool: p, cost: 2, rate_limit: { total: { limit: 20, size: 60s } } }
  - { name: rest, pool: p, quota: { requests: 5, per: month, timezone: Europe/Berlin } }
`;

function fixture() {
  const settings = loadText(YAML, 'test.yaml', {}, {});
  const limiter = new RateLimiter(new ClientTable(allocateClientTable(100), 0), new Uint32Array([1, 2]));
  const limits = limitPolicies(settings.rateLimit);
  const route = routeLimits(settings.routes[0]!);
  limiter.setGlobal(limits.global, NOW);
  limiter.setRoutes([], [route!], NOW);
  const blocks = new CidrMap<string>();
  const register = (key: string, windowMs = 0): void => {
    const { lo, hi } = limiter.hash(key);
    limiter.table.register(lo, hi, { capacity: 5, ratePerSecond: 0.5, windowMs }, limits.default, NOW);
    if (key.startsWith('cidr:')) blocks.set(parseCidr(key.slice(5))!, key);
  };
  const quotas = new Quotas(new QuotaTable(allocateQuotas(10), 0), (key) => limiter.hash(key));
  const reports = new LiveLimitReports({
    limiter,
    nowMs: () => NOW,
    wallMs: () => WALL,
    quotas,
    clientQuotas: (bucket) => (bucket === 'id:own' ? { day: null, month: 7 } : undefined),
    settings: () => settings,
    limiterReport: () => new FakeTelemetry().report().limiter,
    sharing: () => null,
    blocks,
    talkers: async () => [
      [{ key: 'ip:2001:db8::/64', requests: 5, refused: 1, error: 0 }],
      [
        { key: 'id:user1', requests: 9, refused: 0, error: 0 },
        { key: 'ip:2001:db8::/64', requests: 7, refused: 0, error: 0 },
      ],
    ],
  });
  const usage = (text: string) => reports.usage(clientKey(text)!);
  const take = (key: string, cost: number): void =>
    assert.equal(limiter.take(limiter.hash(key), cost, limits, NOW, route), 'allowed');
  return { reports, usage, register, take, quotas, settings };
}

test('an unregistered address has the default limit, and its usage is reported', () => {
  const { usage, take } = fixture();
  const fresh = usage('10.0.0.1');
  assert.deepEqual([fresh.registered, fresh.countedAs, fresh.tokens, fresh.resetMs], [false, '10.0.0.1', 10, 0]);
  take('ip:10.0.0.1', 4);
  const used = usage('10.0.0.1');
  assert.deepEqual([Math.round(used.tokens), Math.round(used.resetMs)], [6, 4000]);
});

test('an address counts as its block or its /64, an unregistered id as nobody', () => {
  const { usage, register, take } = fixture();
  register('cidr:10.0.0.0/8');
  register('id:user1', 60_000);
  assert.deepEqual([usage('10.1.1.1').countedAs, usage('10.1.1.1').registered], ['10.0.0.0/8', false]);
  assert.deepEqual([usage('10.0.0.0/8').countedAs, usage('10.0.0.0/8').policy.capacity], ['10.0.0.0/8', 5]);
  assert.equal(usage('2001:db8::7').countedAs, '2001:db8::/64');
  take('ip:2001:db8::/64', 1);
  assert.equal(Math.round(usage('2001:db8::/64').tokens), 9);
  assert.equal(usage('10.2.0.0/16').countedAs, null);
  assert.equal(usage('stranger').countedAs, null);
  take('id:user1', 3);
  const user = usage('user1');
  assert.deepEqual([user.registered, user.tokens, user.policy.windowMs, user.resetMs], [true, 2, 60_000, 90_000]);
});

test('the report has the current limits, what is left of the shared ones, and the routes with limits', () => {
  const { reports, take } = fixture();
  take('ip:10.0.0.1', 2);
  const { limiter: _, ...report } = reports.report();
  const window = { capacity: 20, ratePerSecond: 1000 / 3000, windowMs: 60_000, isLocal: false };
  assert.deepEqual(report, {
    default: { capacity: 10, ratePerSecond: 1, windowMs: 0, isLocal: false },
    global: { capacity: 50, ratePerSecond: 50 / 60, windowMs: 60_000, isLocal: false },
    allowlist: [],
    denylist: ['192.0.2.0/24'],
    sharing: null,
    routes: [{ route: 'search', cost: 2, dryRun: false, client: null, key: null, total: window, tokens: 18 }],
  });
});

test('top talkers are reported across all threads, by key and kind', async () => {
  const { reports, register } = fixture();
  register('id:user1');
  assert.deepEqual(await reports.top('requests', 5), [
    { kind: 'ip', key: '2001:db8::/64', registered: false, requests: 12, refused: 1, error: 0 },
    { kind: 'id', key: 'user1', registered: true, requests: 9, refused: 0, error: 0 },
  ]);
  assert.equal((await reports.top('refused', 1))[0]!.key, '2001:db8::/64');
});

test('the quotas of a client are reported with what it has used and when they end', () => {
  const { usage, quotas, settings, register } = fixture();
  const ofAll = quotasOfAll(undefined, settings.rateLimit.quota);
  const take = (): void => void quotas.take('ip:10.0.0.1', 'rest', ofAll, settings.routes[1]!.quota, WALL);
  take();
  take();
  const day = { route: null, per: 'day', requests: 9, used: 2, endsAt: Date.parse('2027-01-01T00:00:00Z') };
  const month = { route: 'rest', per: 'month', requests: 5, used: 2, endsAt: Date.parse('2026-12-31T23:00:00Z') };
  assert.deepEqual(usage('10.0.0.1').quotas, [day, month]);
  assert.deepEqual(usage('10.0.0.2').quotas, [
    { ...day, used: 0 },
    { ...month, used: 0 },
  ]);
  assert.deepEqual(usage('nobody').quotas, []);
  register('id:own');
  const own = { ...month, route: null, requests: 7, used: 0, endsAt: Date.parse('2027-01-01T00:00:00Z') };
  assert.deepEqual(usage('own').quotas, [own, { ...month, used: 0 }]);
});

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fakeAdminApp } from '../../../support/admin-app.ts';
import { FakeLimitReports } from '../../../support/fake-limit-reports.ts';

async function start(t: TestContext) {
  const reports = new FakeLimitReports();
  const app = await fakeAdminApp({ limitReports: reports });
  t.after(() => app.close());
  const get = (url: string) => app.inject({ url, headers: { host: '127.0.0.1' } });
  return { reports, get };
}

test('the limits are answered whole: settings, what is left, counters', async (t) => {
  const { get } = await start(t);
  const answer = await get('/v1/api/limits');
  assert.equal(answer.statusCode, 200);
  const window = { algorithm: 'sliding-window', capacity: 30, rate_per_second: 0.5, window_seconds: 60 };
  assert.deepEqual(answer.json(), {
    enabled: true,
    dry_run: false,
    allowed_total: 990,
    refused_total: 9,
    refused_global_total: 1,
    refused_route_total: 3,
    refused_in_flight_total: 2,
    refused_key_total: 8,
    refused_shedding_total: 6,
    refused_quota_total: 1,
    denied_total: 4,
    would_refuse_total: 6,
    allowlisted_total: 5,
    active_clients: 12,
    registered_clients: 2,
    table_slots: 65_536,
    table_fill: 0,
    global_tokens: 870.25,
    refused_share: 0.01,
    default: { algorithm: 'token-bucket', capacity: 100, rate_per_second: 10, window_seconds: null },
    global: window,
    allowlist: ['127.0.0.0/8'],
    denylist: ['192.0.2.0/24'],
    shared: {
      mode: 'lost',
      since: '2026-12-01T00:00:00.000Z',
      gateways: 3,
      rtt_ms: 0.346,
      limits: 7,
      waited_ms: 12.5,
      decisions: { lease: 9, far: 8, asked: 7, known_empty: 6, slow: 5, share: 4, late: 3 },
    },
    routes: [{ route: 'search', cost: 5, dry_run: true, client: window, key: null, total: null, tokens: null }],
  });
});

test('any key has a usage, percent-encoded, in its canonical form', async (t) => {
  const { get, reports } = await start(t);
  const answer = await get('/v1/api/clients/10.1.2.3%2F8/usage');
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), {
    key: '10.0.0.0/8',
    kind: 'cidr',
    registered: true,
    counted_as: '10.0.0.0/8',
    algorithm: 'sliding-window',
    capacity: 30,
    rate_per_second: 0.5,
    window_seconds: 60,
    tokens: 12.346,
    used: 17.654,
    resets_in_seconds: 1.5,
    quotas: [{ route: 'search', per: 'month', requests: 100, used: 7, resets_at: '2027-01-01T00:00:00.000Z' }],
    allowed_total: null,
    refused_total: null,
  });
  for (const key of ['2001%3ADB8%3A%3A1', '192.0.2.1', 'user1', 'a%2Fb']) {
    assert.equal((await get(`/v1/api/clients/${key}/usage`)).statusCode, 200, key);
  }
  assert.deepEqual(reports.asked.slice(1), [
    { kind: 'ip', key: '2001:db8::1' },
    { kind: 'ip', key: '192.0.2.1' },
    { kind: 'id', key: 'user1' },
    { kind: 'id', key: 'a/b' },
  ]);
});

test('a key that can name no client is refused, and the field named', async (t) => {
  const { get } = await start(t);
  for (const key of ['a%20b', 'x'.repeat(129), '%C3%A4']) {
    const answer = await get(`/v1/api/clients/${key}/usage`);
    assert.equal(answer.statusCode, 400, key);
    assert.deepEqual(
      answer.json<{ details: { field: string }[] }>().details.map(({ field }) => field),
      ['key'],
    );
  }
});

test('top talkers are asked for by requests or refusals, twenty when nothing is said', async (t) => {
  const { get, reports } = await start(t);
  const answer = await get('/v1/api/limits/top');
  assert.deepEqual(answer.json(), {
    window_seconds: 60,
    items: [{ key: '2001:db8::/64', kind: 'ip', registered: false, requests: 20, refused: 3, error: 0 }],
  });
  await get('/v1/api/limits/top?by=refused&limit=5');
  assert.deepEqual(reports.asked, [
    ['requests', 20],
    ['refused', 5],
  ]);
  for (const query of ['by=bytes', 'limit=0', 'limit=101', 'x=1']) {
    assert.equal((await get(`/v1/api/limits/top?${query}`)).statusCode, 400, query);
  }
});

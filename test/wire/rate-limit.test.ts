import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashApiKey } from '../../src/identity/api-key.ts';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';

const SLOW_REFILL = { capacity: 3, ratePerSecond: 0.001 };

function register(traffic: Traffic, key: string, settings = SLOW_REFILL): void {
  const { lo, hi } = traffic.limiter.hash(key);
  const { tables } = traffic;
  tables.clients.register(lo, hi, settings, traffic.settings.rateLimit.default, tables.clock.nowMs());
}

async function statuses(traffic: Traffic, count: number, headers: Record<string, string> = {}): Promise<number[]> {
  const all: number[] = [];
  for (let at = 0; at < count; at += 1) all.push((await httpRequest(`${traffic.url}/`, { headers })).status);
  return all;
}

test('the request after the last token is refused with 429, its fields and its body; nothing of it reaches a backend', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], 'rate_limit: { legacy_headers: true, default: { capacity: 2, rate_per_second: 0.1 } }'),
  );
  t.after(() => traffic.close());

  assert.deepEqual(await statuses(traffic, 2), [200, 200]);
  const refused = await httpRequest(`${traffic.url}/`, { headers: { 'x-request-id': 'abc' } });
  assert.equal(refused.status, 429);
  assert.deepEqual(refused.json(), {
    code: 429,
    error: 'GW_RATE_LIMITED',
    message: 'Rate limit exceeded',
    request_id: 'abc',
    docs: 'docs/errors.md#gw_rate_limited',
  });
  assert.equal(refused.headers['retry-after'], '10');
  assert.equal(refused.headers['ratelimit-policy'], '"default";q=2;w=20');
  assert.equal(refused.headers['ratelimit'], '"default";r=0;t=10');
  assert.equal(refused.headers['x-ratelimit-limit'], '2');
  assert.equal(backend.requests.length, 2);
});

test('an unknown client id neither makes a bucket nor dodges the one of its address', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], 'rate_limit: { default: { capacity: 2, rate_per_second: 0.001 } }'),
  );
  t.after(() => traffic.close());
  const all: number[] = [];
  for (const id of ['a', 'b', 'c']) all.push(...(await statuses(traffic, 1, { 'x-client-id': id })));
  assert.deepEqual(all, [200, 200, 429]);
});

test('a path of the admin API is the backend’s here, and limited like any other', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const limit = 'rate_limit: { default: { capacity: 2, rate_per_second: 0.001 } }';
  const traffic = await startTraffic(poolOf([backend.url], limit));
  t.after(() => traffic.close());
  const all: number[] = [];
  for (const path of ['/v1/api/clients', '/v1/api/clientsX', '/v1/api/clients/'])
    all.push((await httpRequest(traffic.url + path)).status);
  assert.deepEqual(all, [200, 200, 429]);
  assert.equal(backend.requests.length, 2);
});

test('registered clients have limits of their own: by API key, then id, then address, then block', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], 'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }'),
  );
  t.after(() => traffic.close());
  register(traffic, 'id:user1');
  register(traffic, 'id:keyed');
  register(traffic, 'cidr:127.0.0.0/8', { capacity: 2, ratePerSecond: 0.001 });
  traffic.thread.handle({
    type: 'clients',
    id: 1,
    changes: [
      { op: 'put', key: 'keyed', kind: 'id', apiKeyHash: hashApiKey('slk_secret') },
      { op: 'put', key: '127.0.0.0/8', kind: 'cidr', apiKeyHash: null },
    ],
  });

  assert.deepEqual(await statuses(traffic, 3), [200, 200, 429]);
  assert.deepEqual(await statuses(traffic, 4, { 'x-client-id': 'user1' }), [200, 200, 200, 429]);
  // Its key is needed: with only the id, a caller shares the block's bucket, which is empty.
  assert.deepEqual(await statuses(traffic, 1, { 'x-client-id': 'keyed' }), [429]);
  assert.deepEqual(await statuses(traffic, 1, { 'x-client-id': 'keyed', 'x-api-key': 'slk_wrong' }), [429]);
  // The API key wins over the id that is sent with it.
  const both = { 'x-client-id': 'user1', 'x-api-key': 'slk_secret' };
  assert.deepEqual(await statuses(traffic, 4, both), [200, 200, 200, 429]);
  assert.deepEqual(await statuses(traffic, 1, { 'x-api-key': 'slk_wrong' }), [429]);

  register(traffic, 'ip:127.0.0.1', { capacity: 1, ratePerSecond: 0.001 });
  traffic.thread.handle({
    type: 'clients',
    id: 2,
    changes: [{ op: 'put', key: '127.0.0.1', kind: 'ip', apiKeyHash: null }],
  });
  assert.deepEqual(await statuses(traffic, 2), [200, 429]);
});

test('a client id in a field that only a proxy may set identifies nobody when another peer sends it', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const limit = 'rate_limit: { client_id_header: X-Forwarded-User, default: { capacity: 1, rate_per_second: 0.001 } }';
  for (const [trusted, expected] of [
    ['192.0.2.1', [200, 429]],
    ['127.0.0.1', [200, 200, 200, 429]],
  ] as const) {
    const traffic = await startTraffic(poolOf([backend.url], `${limit}\nserver: { trust_proxy: [${trusted}] }`));
    t.after(() => traffic.close());
    register(traffic, 'id:ann');
    assert.deepEqual(await statuses(traffic, expected.length, { 'x-forwarded-user': 'ann' }), expected, trusted);
  }
});

test('the global limit holds for all together, and its refusal costs the client nothing', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], 'rate_limit: { global: { capacity: 2, rate_per_second: 0.001 } }'),
  );
  t.after(() => traffic.close());
  assert.deepEqual(await statuses(traffic, 3), [200, 200, 429]);
  const refused = await httpRequest(`${traffic.url}/`);
  assert.match(String(refused.headers['ratelimit-policy']), /^"global";q=2;/);
  const { lo, hi } = traffic.limiter.hash('ip:127.0.0.1');
  const { tables, settings } = traffic;
  const tokens = tables.clients.tokens(lo, hi, settings.rateLimit.default, tables.clock.nowMs());
  assert.ok(tokens !== null && tokens >= 98, `${tokens} tokens`);
});

test('addresses on the allowlist are never limited, nor is anybody when the limiter is off', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const limit = 'default: { capacity: 1, rate_per_second: 0.001 }';
  const allowed = await startTraffic(poolOf([backend.url], `rate_limit: { ${limit}, allowlist: [127.0.0.0/8] }`));
  t.after(() => allowed.close());
  assert.deepEqual(await statuses(allowed, 3), [200, 200, 200]);
  const off = await startTraffic(poolOf([backend.url], `rate_limit: { ${limit}, enabled: false }`));
  t.after(() => off.close());
  assert.deepEqual(await statuses(off, 3), [200, 200, 200]);
});

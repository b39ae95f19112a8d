import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { test, type TestContext } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';
import { THREAD_COUNTER } from '../../src/runtime/metrics-table.ts';

async function start(t: TestContext, more: string): Promise<Traffic & { readonly forwarded: () => number }> {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], more));
  t.after(() => traffic.close());
  return { ...traffic, forwarded: () => backend.requests.length };
}

async function statuses(traffic: Traffic, count: number, path = '/'): Promise<number[]> {
  const all: number[] = [];
  for (let at = 0; at < count; at += 1) all.push((await httpRequest(`${traffic.url}${path}`)).status);
  return all;
}

const total = (traffic: Traffic, counter: keyof typeof THREAD_COUNTER): number =>
  traffic.tables.metrics.total(THREAD_COUNTER[counter]);

test('a sliding window admits its limit and reports its length and when to retry', async (t) => {
  const traffic = await start(
    t,
    'rate_limit: { algorithm: sliding-window, window: { limit: 2, size: 24h }, legacy_headers: true }',
  );
  assert.deepEqual(await statuses(traffic, 2), [200, 200]);
  const refused = await httpRequest(`${traffic.url}/`);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['ratelimit-policy'], '"default";q=2;w=86400');
  assert.match(String(refused.headers['ratelimit']), /^"default";r=0;t=\d+$/);
  assert.ok(Number(refused.headers['retry-after']) > 86_400);
  assert.equal(refused.headers['x-ratelimit-remaining'], '0');
});

const ROUTES = `
routes:
  - { name: search, path_prefix: /search, pool: default, rate_limit: { client: { limit: 2, size: 24h } } }
  - { name: export, path_prefix: /export, pool: default, rate_limit: { total: { capacity: 1, rate_per_second: 0.001 } } }
  - { name: heavy, path_prefix: /heavy, pool: default, cost: 10 }
  - { name: rest, path_prefix: /, pool: default }
`;

test("a route's limits hold on it alone, and its refusals name it and take nothing of the client", async (t) => {
  const traffic = await start(t, `rate_limit: { default: { capacity: 6, rate_per_second: 0.001 } }${ROUTES}`);
  assert.deepEqual(await statuses(traffic, 4, '/search/x?q=1'), [200, 200, 429, 429]);
  const refused = await httpRequest(`${traffic.url}/search`);
  assert.equal(refused.headers['ratelimit-policy'], '"route-client";q=2;w=86400');
  assert.deepEqual(await statuses(traffic, 2, '/export'), [200, 429]);
  assert.match(String((await httpRequest(`${traffic.url}/export`)).headers['ratelimit-policy']), /^"route";q=1;/);
  assert.deepEqual(await statuses(traffic, 4), [200, 200, 200, 429], '6 less the three that were let through');
  assert.deepEqual([total(traffic, 'refusedRoute'), total(traffic, 'refused'), traffic.forwarded()], [5, 1, 6]);
});

test('an absolute target, or a path that resolves elsewhere, does not dodge the limit of its route', async (t) => {
  const traffic = await start(t, ROUTES);
  assert.deepEqual(await statuses(traffic, 2, '/search'), [200, 200]);
  const absolute = request({ port: traffic.port, path: 'http://elsewhere/search', agent: false }).end();
  const [answer] = (await once(absolute, 'response')) as [IncomingMessage];
  answer.resume();
  assert.equal(answer.statusCode, 429);
  assert.deepEqual(await statuses(traffic, 1, '/x/..%2fsearch'), [400]);
});

test('a request takes what its route costs, and one without a route takes one', async (t) => {
  const routes = ROUTES.replace(/ {2}- { name: rest.*\n/, '');
  const traffic = await start(t, `rate_limit: { default: { capacity: 25, rate_per_second: 0.001 } }${routes}`);
  assert.deepEqual(await statuses(traffic, 3, '/heavy'), [200, 200, 429]);
  assert.deepEqual(await statuses(traffic, 7, '/nowhere'), [404, 404, 404, 404, 404, 429, 429]);
});

test('the denylist is answered 403 and costs nothing; of two blocks, the smaller wins', async (t) => {
  const denied = await start(t, 'rate_limit: { enabled: false, denylist: [127.0.0.0/8] }');
  const answer = await httpRequest(`${denied.url}/`, { headers: { 'x-request-id': 'abc' } });
  assert.equal(answer.status, 403);
  assert.deepEqual(answer.json(), {
    code: 403,
    error: 'GW_DENIED',
    message: 'This address is not allowed to use the service',
    request_id: 'abc',
    docs: 'docs/errors.md#gw_denied',
  });
  assert.deepEqual([total(denied, 'denied'), total(denied, 'refused'), denied.forwarded()], [1, 0, 0]);
  const upgrade = await httpRequest(`${denied.url}/`, {
    headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x', 'sec-websocket-version': '13' },
  });
  assert.equal(upgrade.status, 403);

  const allowed = await start(t, 'rate_limit: { denylist: [127.0.0.0/8], allowlist: [127.0.0.1] }');
  assert.deepEqual(await statuses(allowed, 1), [200]);
  const both = await start(t, 'rate_limit: { denylist: [127.0.0.1], allowlist: [127.0.0.1] }');
  assert.deepEqual(await statuses(both, 1), [403]);
});

test('a dry run refuses nothing, counts what it would, and logs it once a second and in the access log', async (t) => {
  const limit = 'dry_run: true, default: { capacity: 2, rate_per_second: 0.001 }';
  const traffic = await start(t, `rate_limit: { ${limit} }`);
  assert.deepEqual(await statuses(traffic, 5), [200, 200, 200, 200, 200]);
  assert.deepEqual([total(traffic, 'wouldRefuse'), total(traffic, 'refused'), total(traffic, 'allowed')], [3, 0, 5]);
  const warned = traffic.log.filter(({ msg }) => msg === 'dry-run limits exceeded');
  assert.equal(warned.length, 1);
  assert.deepEqual([warned[0]!['would_refuse'], warned[0]!['client']], [{ default: 1 }, 'ip:127.0.0.1']);
  await traffic.logged(({ msg, would_refuse }) => msg === 'request' && would_refuse === 'default');
});

test('a route in dry run refuses nothing by itself; the others go on refusing', async (t) => {
  const route = 'rate_limit: { client: { limit: 1, size: 24h }, dry_run: true }';
  const traffic = await start(
    t,
    `rate_limit: { default: { capacity: 3, rate_per_second: 0.001 } }\nroutes: [{ pool: default, ${route} }]`,
  );
  assert.deepEqual(await statuses(traffic, 4), [200, 200, 200, 429]);
  assert.deepEqual([total(traffic, 'wouldRefuse'), total(traffic, 'refused')], [2, 1]);
});

test('a thread reports its top talkers, by bucket key', async (t) => {
  const traffic = await start(t, 'rate_limit: { default: { capacity: 2, rate_per_second: 0.001 } }');
  await statuses(traffic, 5);
  traffic.thread.handle({ type: 'talkers', id: 7 });
  assert.deepEqual(traffic.messages.at(-1), {
    type: 'talkers',
    id: 7,
    talkers: [{ key: 'ip:127.0.0.1', requests: 5, refused: 3, error: 0 }],
  });
});

/** Windows, limits of routes, costs and dry runs over two traffic threads, and what operators see of them. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';

type Statuses = Record<string, number>;

test('a sliding window admits exactly its limit over two threads, for everybody and for a registered client', async (t) => {
  const { gateway, all } = await start(
    t,
    'rate_limit: { algorithm: sliding-window, window: { limit: 150, size: 24h } }',
  );
  assert.deepEqual(await all(400), { 200: 150, 429: 250 });
  const body = { client_id: 'app', algorithm: 'sliding-window', capacity: 120, window_seconds: 86_400 };
  assert.equal((await gateway.admin('/v1/api/clients', { method: 'POST', body })).status, 201);
  assert.deepEqual(await all(300, { headers: { 'x-client-id': 'app' } }), { 200: 120, 429: 180 });
  const usage = await read(gateway, '/v1/api/clients/app/usage');
  assert.deepEqual(
    [usage['registered'], usage['algorithm'], usage['capacity'], usage['used'], usage['tokens']],
    [true, 'sliding-window', 120, 120, 0],
  );
  const more = { method: 'PATCH', body: { capacity: 150 } };
  assert.equal((await gateway.admin('/v1/api/clients/app', more)).status, 200);
  assert.deepEqual(await all(100, { headers: { 'x-client-id': 'app' } }), { 200: 30, 429: 70 });
  await bothThreadsServed(gateway);
});

test('short windows admit their limit wherever in them the requests come, and no more than twice it in any', async (t) => {
  const { all } = await start(t, 'rate_limit: { algorithm: sliding-window, window: { limit: 50, size: 400ms } }');
  let admitted = 0;
  let sent = 0;
  const startMs = performance.now();
  for (; performance.now() - startMs < 2000; sent += 40) admitted += (await all(40))['200'] ?? 0;
  const windows = (performance.now() - startMs) / 400;
  assert.ok(
    admitted <= 50 * (windows + 1) && admitted >= Math.min(sent, 50 * (windows - 2) * 0.5),
    `${admitted} of ${sent} in ${windows} windows`,
  );
});

test("a route's limits and its cost hold over two threads, and live with a reload", async (t) => {
  const yaml = (limit: number): string => `
rate_limit: { default: { capacity: 2000, rate_per_second: 0.001 }, global: { limit: 5000, size: 24h } }
routes:
  - { name: search, path_prefix: /search, pool: default, cost: 5, rate_limit: { client: { limit: ${limit}, size: 24h } } }
  - { name: export, path_prefix: /export, pool: default, rate_limit: { total: { capacity: 70, rate_per_second: 0.001 } } }
  - { pool: default }
`;
  const { gateway, all, urls } = await start(t, yaml(500));
  assert.deepEqual(await all(200, { path: '/search' }), { 200: 100, 429: 100 }, '500 tokens at 5 each');
  assert.deepEqual(await all(200, { path: '/export' }), { 200: 70, 429: 130 });
  const { used } = await read(gateway, '/v1/api/clients/127.0.0.1/usage');
  assert.equal(Math.round(used as number), 570, 'what the route refused took nothing of the client');
  const limits = await read(gateway, '/v1/api/limits');
  assert.deepEqual([limits['refused_total'], limits['refused_route_total'], limits['allowed_total']], [0, 230, 170]);
  assert.equal(limits['global_tokens'], 5000 - 570);
  const { client: _client, ...exported } = (limits['routes'] as Record<string, unknown>[])[1]!;
  assert.deepEqual([exported['route'], Math.floor(exported['tokens'] as number)], ['export', 0]);

  gateway.write(gatewayYaml(urls, yaml(600)));
  await gateway.reload('test');
  assert.deepEqual(await all(200, { path: '/search' }), { 200: 120, 429: 80 }, 'another limit starts over');
});

test('a dry run refuses nothing and reports what it would; a denylist applies with a reload', async (t) => {
  const limit = 'default: { capacity: 100, rate_per_second: 0.001 }';
  const { gateway, all, urls } = await start(t, `rate_limit: { dry_run: true, ${limit} }`);
  assert.deepEqual(await all(300), { 200: 300 });
  const limits = await read(gateway, '/v1/api/limits');
  assert.deepEqual(
    [limits['dry_run'], limits['would_refuse_total'], limits['refused_total'], limits['allowed_total']],
    [true, 200, 0, 300],
  );
  gateway.write(gatewayYaml(urls, `rate_limit: { ${limit}, denylist: [127.0.0.0/8] }`));
  await gateway.reload('test');
  assert.deepEqual(await all(50), { 403: 50 });
  assert.equal((await read(gateway, '/v1/api/limits'))['denied_total'], 50);
  gateway.write(gatewayYaml(urls, `rate_limit: { ${limit} }`));
  await gateway.reload('test');
  assert.deepEqual(await all(50), { 429: 50 });
});

test('top talkers are known across both threads, with refusals', async (t) => {
  const { gateway, all } = await start(t, 'rate_limit: { default: { capacity: 10, rate_per_second: 0.001 } }');
  const body = { client_id: 'app', capacity: 1000, rate_per_second: 1 };
  assert.equal((await gateway.admin('/v1/api/clients', { method: 'POST', body })).status, 201);
  await all(60, { headers: { 'x-client-id': 'app' } });
  await all(40);
  assert.deepEqual(await read(gateway, '/v1/api/limits/top'), {
    window_seconds: 60,
    items: [
      { key: 'app', kind: 'id', registered: true, requests: 60, refused: 0, error: 0 },
      { key: '127.0.0.1', kind: 'ip', registered: false, requests: 40, refused: 30, error: 0 },
    ],
  });
  const refused = (await read(gateway, '/v1/api/limits/top?by=refused&limit=1'))['items'] as { key: string }[];
  assert.deepEqual(
    refused.map(({ key }) => key),
    ['127.0.0.1'],
  );
});

test('what clients asked for is recorded across both threads, and other limits are tried on it', async (t) => {
  const route = 'routes: [{ path_prefix: /search, pool: default, cost: 5 }, { pool: default }]';
  const { gateway, all } = await start(
    t,
    `rate_limit: { default: { capacity: 10, rate_per_second: 0.001 } }\n${route}`,
  );
  const body = { client_id: 'app', capacity: 1000, rate_per_second: 1 };
  assert.equal((await gateway.admin('/v1/api/clients', { method: 'POST', body })).status, 201);
  await all(60, { headers: { 'x-client-id': 'app' } });
  await all(20, { headers: { 'x-client-id': 'app' }, path: '/search' });
  assert.deepEqual(await all(40), { 200: 10, 429: 30 });

  const ask = async (path: string, limit: object): Promise<WhatIf> => {
    const answer = await gateway.admin(path, { method: 'POST', body: limit });
    assert.equal(answer.status, 200, answer.body);
    return answer.json();
  };
  const slow = { capacity: 60, rate_per_second: 0.001 };
  // A second is reported when it is over.
  await eventually('both threads have reported', async () => {
    const { requests } = await ask('/v1/api/clients/app/what-if', slow);
    const { requests: others } = await ask('/v1/api/limits/what-if', slow);
    return requests === 80 && others === 40;
  });
  const { tokens, current, proposed } = await ask('/v1/api/clients/app/what-if', slow);
  assert.equal(tokens, 60 + 20 * 5);
  assert.equal(current.at_once.refused, 0);
  assert.ok(proposed.at_once.refused > 0 && proposed.even.refused > 0, JSON.stringify(proposed));
  assert.equal(proposed.at_once.smallest_capacity, 160);

  const everybody = await ask('/v1/api/limits/what-if', slow);
  assert.deepEqual([everybody.current.at_once.refused, everybody.proposed.at_once.refused], [30, 0]);
  assert.equal(everybody.proposed.at_once.smallest_capacity, 40);
});

interface WhatIf {
  readonly requests: number;
  readonly tokens: number;
  readonly current: Verdict;
  readonly proposed: Verdict;
}

type Verdict = Readonly<Record<'even' | 'at_once', { readonly refused: number; readonly smallest_capacity: number }>>;

async function start(t: TestContext, more: string) {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const urls = [backends[0]!.url];
  const gateway = await startTestGateway(t, gatewayYaml(urls, more), { threads: 2 });
  /** New connections each time: the kernel spreads them over both threads. */
  const all = async (count: number, { path = '/', headers = {} }: Sent = {}): Promise<Statuses> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 40 });
    const statuses: Statuses = {};
    await Promise.all(
      Array.from(
        { length: count },
        () =>
          new Promise<void>((resolve, reject) => {
            request(gateway.trafficUrl + path, { agent, headers }, (response) => {
              const status = response.statusCode === 404 ? 200 : response.statusCode!;
              statuses[status] = (statuses[status] ?? 0) + 1;
              response.resume().on('end', resolve);
            })
              .on('error', reject)
              .end();
          }),
      ),
    );
    const { threads } = (await gateway.admin('/v1/api/metrics')).json<{ threads: { connections: number }[] }>();
    seen.push(threads.map(({ connections }) => connections));
    agent.destroy();
    return statuses;
  };
  return { gateway, all, urls };
}

interface Sent {
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

/** Open connections of each thread, at the end of each round. */
const seen: number[][] = [];

async function bothThreadsServed(gateway: TestGateway): Promise<void> {
  assert.ok(seen.at(-1)!.length === 2 && seen.at(-1)!.every((connections) => connections > 0), JSON.stringify(seen));
  await gateway.admin('/livez');
}

async function read(gateway: TestGateway, path: string): Promise<Record<string, unknown>> {
  const answer = await gateway.admin(path);
  assert.equal(answer.status, 200, answer.body);
  return answer.json();
}

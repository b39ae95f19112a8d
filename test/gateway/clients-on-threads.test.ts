/** Two traffic threads, one truth: limits are exact, and a change applies on every thread once it is answered. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';

/** No refill that a test could notice. */
const SLOW = 0.001;

test('a limit is exact over two threads', async (t) => {
  const { gateway, all } = await start(t);
  await create(gateway, { ip_address: '127.0.0.1', capacity: 300, rate_per_second: SLOW });
  const statuses = await all(1000);
  assert.deepEqual(statuses, { 200: 300, 429: 700 });
  await bothThreadsServed(gateway);
});

test('a client applies on every thread once its creation, change and removal are answered', async (t) => {
  const { gateway, all } = await start(t, 'rate_limit: { default: { capacity: 5, rate_per_second: 0.001 } }');
  assert.deepEqual(await all(40), { 200: 5, 429: 35 });
  await create(gateway, { ip_address: '127.0.0.1', capacity: 1000, rate_per_second: 1000 });
  await refilled(gateway);
  assert.deepEqual(await all(400), { 200: 400 });

  const body = { capacity: 50, rate_per_second: SLOW };
  assert.equal((await gateway.admin('/v1/api/clients/127.0.0.1', { method: 'PUT', body })).status, 200);
  const afterPut = await all(200);
  assert.ok(afterPut['200']! <= 50 && afterPut['429']! >= 150, JSON.stringify(afterPut));

  const enabled = { enabled: false };
  assert.equal((await gateway.admin('/v1/api/clients/127.0.0.1', { method: 'PATCH', body: enabled })).status, 200);
  assert.ok(((await all(40))['200'] ?? 0) <= 5, 'the default limit holds for a client that is switched off');
  assert.equal((await gateway.admin('/v1/api/clients/127.0.0.1', { method: 'DELETE' })).status, 204);
  assert.ok(((await all(40))['200'] ?? 0) <= 5);
  await bothThreadsServed(gateway);
});

test('an API key is known, and no longer known, on every thread at once', async (t) => {
  const { gateway, all } = await start(t, 'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }');
  assert.deepEqual(await all(20), { 200: 1, 429: 19 });
  const created = await create(gateway, { client_id: 'app', capacity: 200, rate_per_second: SLOW, api_key: true });
  const key = { 'x-api-key': String(created.api_key) };
  assert.deepEqual(await all(300, key), { 200: 200, 429: 100 });
  assert.deepEqual(await all(20, { 'x-api-key': 'wrong' }), { 429: 20 });
  assert.equal((await gateway.admin('/v1/api/clients/app', { method: 'PATCH', body: { api_key: false } })).status, 200);
  assert.deepEqual(await all(20, key), { 429: 20 });
});

test('quotas of a client apply on every thread at once, and are gone at once', async (t) => {
  const { gateway, all } = await start(t);
  const client = '/v1/api/clients/127.0.0.1';
  await create(gateway, { ip_address: '127.0.0.1', capacity: 1e6, rate_per_second: 1e6 });
  assert.deepEqual(await all(20), { 200: 20 });
  const change = async (quotas: unknown): Promise<number> =>
    (await gateway.admin(client, { method: 'PATCH', body: { quotas } })).status;
  assert.equal(await change({ day: 30, month: 100 }), 200);
  assert.deepEqual(await all(80), { 200: 30, 429: 50 });
  const { quotas } = (await gateway.admin(`${client}/usage`)).json<{ quotas: Record<string, unknown>[] }>();
  assert.deepEqual(
    quotas.map(({ resets_at: _, ...quota }) => quota),
    [
      { route: null, per: 'day', requests: 30, used: 30 },
      { route: null, per: 'month', requests: 100, used: 30 },
    ],
  );
  assert.equal(await change({ day: 40 }), 200);
  assert.deepEqual(await all(50), { 200: 10, 429: 40 });
  assert.equal(await change(null), 200);
  assert.deepEqual(await all(50), { 200: 50 });
  await bothThreadsServed(gateway);
});

test('a block of addresses has one bucket over all threads', async (t) => {
  const { gateway, all } = await start(t, 'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }');
  await create(gateway, { ip_address: '127.0.0.0/8', capacity: 120, rate_per_second: SLOW });
  assert.deepEqual(await all(300), { 200: 120, 429: 180 });
  assert.equal((await gateway.admin('/v1/api/clients/127.0.0.0%2F8', { method: 'DELETE' })).status, 204);
  assert.deepEqual(await all(20), { 200: 1, 429: 19 });
});

async function start(t: TestContext, more = '') {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const gateway = await startTestGateway(t, gatewayYaml([backends[0]!.url], more), { threads: 2 });
  // New connections each time: the kernel spreads them over both threads.
  const all = async (count: number, headers: Record<string, string> = {}): Promise<Record<string, number>> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 40 });
    const statuses: Record<string, number> = {};
    await Promise.all(
      Array.from(
        { length: count },
        () =>
          new Promise<void>((resolve, reject) => {
            request(gateway.trafficUrl, { agent, headers }, (response) => {
              statuses[response.statusCode!] = (statuses[response.statusCode!] ?? 0) + 1;
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
  return { gateway, all };
}

/** Open connections of each thread, at the end of each round. */
const seen: number[][] = [];

async function bothThreadsServed(gateway: TestGateway): Promise<void> {
  assert.ok(seen.at(-1)!.length === 2 && seen.at(-1)!.every((connections) => connections > 0), JSON.stringify(seen));
  await eventually('no connection is left', async () => {
    const { threads } = (await gateway.admin('/v1/api/metrics')).json<{ threads: { connections: number }[] }>();
    return threads.every(({ connections }) => connections === 0);
  });
}

async function create(gateway: TestGateway, body: object): Promise<Record<string, unknown>> {
  const answer = await gateway.admin('/v1/api/clients', { method: 'POST', body });
  assert.equal(answer.status, 201, answer.body);
  return answer.json();
}

/** Registered at a higher rate, the previous bucket fills within a second. */
async function refilled(gateway: TestGateway): Promise<void> {
  await eventually('the bucket is full again', async () => {
    const { limiter } = (await gateway.admin('/v1/api/metrics')).json<{ limiter: { active_clients: number } }>();
    return limiter.active_clients === 0;
  });
}

/** Backends changed through the API: applied on every thread once it is answered, and no request is harmed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { BackendView } from '../../src/backends/api/backend-view.ts';
import { startSampleBackends, type SampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { fakeDatabase } from '../support/admin-app.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';
import { MemoryBackendStore } from '../support/memory-backend-store.ts';
import { MemoryClientStore } from '../support/memory-client-store.ts';

const UNLIMITED = 'rate_limit: { enabled: false }\n';
const BASE = '/v1/api/backends';

/** Round-robin, so that each backend's share is exact. */
function inTurn(urls: readonly string[], more = UNLIMITED): string {
  return gatewayYaml(urls, more).replace('  default:\n', '  default:\n    algorithm: round-robin\n');
}

async function samples(t: TestContext, count: number): Promise<SampleBackends['backends']> {
  const { backends, close } = await startSampleBackends({ count });
  t.after(close);
  return backends;
}

/** A backend that answers on command. */
async function slowBackend(t: TestContext): Promise<{ url: string; arrived: () => number; answerAll: () => void }> {
  const waiting: ServerResponse[] = [];
  let arrived = 0;
  const server = createServer((_request, response) => {
    arrived += 1;
    waiting.push(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived: () => arrived,
    answerAll: () => waiting.splice(0).forEach((response) => response.end('done')),
  };
}

async function call(gateway: TestGateway, method: string, path: string, body?: object): Promise<BackendView> {
  const answer = await gateway.admin(BASE + path, { method, ...(body === undefined ? {} : { body }) });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.body}`);
  return answer.status === 204 ? ({} as BackendView) : answer.json<BackendView>();
}

async function read(gateway: TestGateway, id: string): Promise<BackendView> {
  return call(gateway, 'GET', `/${id}`);
}

/**
 * Requests over that many connections, so that both threads serve; returns how many each backend answered, by its
 * X-Backend.
 */
async function shares(gateway: TestGateway, count = 120): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: count }, () => httpRequest(gateway.trafficUrl)));
  const counts: Record<string, number> = {};
  for (const { status, headers } of answers) {
    const name = status === 200 ? String(headers['x-backend']) : String(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const memory = () => {
  const backends = new MemoryBackendStore();
  return { backends, database: fakeDatabase(new MemoryClientStore(), undefined, backends) };
};

test('an added backend takes traffic on every thread at once, and none any more when it is deleted', async (t) => {
  const [one, two] = await samples(t, 2);
  const gateway = await startTestGateway(t, inTurn([one!.url]));
  assert.deepEqual(await shares(gateway), { 'replica-1': 120 });
  const added = await call(gateway, 'POST', '', { pool: 'default', url: two!.url, id: 'added' });
  assert.deepEqual([added.source, added.available], ['api', true]);
  assert.deepEqual(await shares(gateway), { 'replica-1': 60, 'replica-2': 60 });
  await call(gateway, 'DELETE', '/added');
  assert.deepEqual(await shares(gateway), { 'replica-1': 120 });
});

test('a draining backend gets nothing new, and shows when the slow request has finished', async (t) => {
  const [fast] = await samples(t, 1);
  const slow = await slowBackend(t);
  const gateway = await startTestGateway(t, inTurn([fast!.url, slow.url]));
  const running = Array.from({ length: 4 }, () => httpRequest(gateway.trafficUrl));
  await eventually('two requests are there', () => slow.arrived() === 2);
  const draining = await call(gateway, 'POST', '/b1/drain');
  assert.deepEqual([draining.draining, draining.drained, draining.in_flight], [true, false, 2]);
  assert.deepEqual(await shares(gateway), { 'replica-1': 120 });
  assert.equal(slow.arrived(), 2);
  slow.answerAll();
  assert.deepEqual(
    (await Promise.all(running)).map(({ status }) => status),
    [200, 200, 200, 200],
  );
  await eventually('nothing is left', async () => (await read(gateway, 'b1')).drained);
  await call(gateway, 'POST', '/b1/undrain');
  const again = [httpRequest(gateway.trafficUrl), httpRequest(gateway.trafficUrl)];
  await eventually('it is asked again', () => slow.arrived() === 3);
  slow.answerAll();
  await Promise.all(again);
});

test('a disabled backend gets nothing; when the last one is, the answer is 503', async (t) => {
  const [one, two] = await samples(t, 2);
  const gateway = await startTestGateway(t, gatewayYaml([one!.url, two!.url], UNLIMITED));
  await call(gateway, 'POST', '/b0/disable');
  assert.deepEqual(await shares(gateway), { 'replica-2': 120 });
  await call(gateway, 'POST', '/b1/disable');
  assert.deepEqual(await shares(gateway, 20), { 503: 20 });
  await call(gateway, 'POST', '/b0/enable');
  assert.deepEqual(await shares(gateway, 20), { 'replica-1': 20 });
});

test('a weight applies on every thread, and DELETE restores the file’s', async (t) => {
  const [one, two] = await samples(t, 2);
  const yaml = `${UNLIMITED}pools: { p: { algorithm: random, backends: [{ url: "${one!.url}", id: b0 }, { url: "${two!.url}", id: b1 }] } }\n`;
  const gateway = await startTestGateway(t, yaml);
  const body = { weight: 1000 };
  assert.equal((await call(gateway, 'PATCH', '/b1', body)).effective_weight, 1000);
  const heavy = await shares(gateway, 300);
  // Of 300, 0.3 are expected elsewhere; 6 or more once in 10⁸ runs.
  assert.ok((heavy['replica-1'] ?? 0) <= 6, JSON.stringify(heavy));
  await call(gateway, 'DELETE', '/b1');
  assert.deepEqual([(await read(gateway, 'b1')).weight, (await read(gateway, 'b1')).effective_weight], [1, 1]);
  const even = await shares(gateway, 300);
  // A fair coin 300 times: below 100 once in 10⁸ runs.
  assert.ok(even['replica-1']! > 100 && even['replica-2']! > 100, JSON.stringify(even));
});

test('weights, enabled and draining rebuild nothing: connections to backends stay', async (t) => {
  const [one, two] = await samples(t, 2);
  let connections = 0;
  const counting = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  counting.on('connection', () => (connections += 1));
  await once(counting, 'listening');
  t.after(() => counting.close().closeAllConnections());
  const url = `http://127.0.0.1:${(counting.address() as AddressInfo).port}`;
  const gateway = await startTestGateway(t, gatewayYaml([url, one!.url, two!.url], UNLIMITED), { threads: 1 });
  const load = startLoad(gateway.trafficUrl, { connections: 1 });
  await load.reached(60);
  const before = connections;
  for (const change of [{ weight: 5 }, { weight: 7, enabled: false }, { enabled: true }]) {
    await call(gateway, 'PATCH', '/b1', change);
  }
  await call(gateway, 'POST', '/b1/drain');
  await load.reached(load.answers + 60);
  const { statuses } = await load.stop();
  assert.deepEqual(Object.keys(statuses), ['200']);
  assert.equal(connections, before);
});

test('moving a backend to another pool lets what runs there finish', async (t) => {
  const [fast] = await samples(t, 1);
  const slow = await slowBackend(t);
  const yaml =
    `${UNLIMITED}pools:\n  p: { backends: [{ url: "${slow.url}", id: mover }] }\n` +
    `  q: { algorithm: round-robin, backends: [{ url: "${fast!.url}", id: other }] }\n` +
    'routes: [{ pool: p, path_prefix: /p }, { pool: q, path_prefix: /q }]\n';
  const gateway = await startTestGateway(t, yaml);
  const running = httpRequest(`${gateway.trafficUrl}/p`);
  await eventually('it is there', () => slow.arrived() === 1);
  const moved = await call(gateway, 'PATCH', '/mover', { pool: 'q' });
  assert.deepEqual([moved.pool, moved.in_flight, moved.file], ['q', 1, { pool: 'p' }]);
  assert.equal((await httpRequest(`${gateway.trafficUrl}/p`)).status, 503, 'its old pool is empty');
  const there = [httpRequest(`${gateway.trafficUrl}/q`), httpRequest(`${gateway.trafficUrl}/q`)];
  await eventually('its new pool asks it', () => slow.arrived() === 2);
  slow.answerAll();
  assert.equal((await running).body, 'done');
  assert.deepEqual(
    (await Promise.all(there)).map(({ status }) => status),
    [200, 200],
  );
});

test('overrides survive a restart and a reload, and the reload’s changes come through', async (t) => {
  const [one, two, three] = await samples(t, 3);
  const { database } = memory();
  const first = await startTestGateway(t, inTurn([one!.url, two!.url]), { database });
  await call(first, 'POST', '', { pool: 'default', url: three!.url, id: 'added' });
  await call(first, 'PATCH', '/b0', { weight: 7 });
  await call(first, 'POST', '/b1/drain');
  await first.stop();

  const gateway = await startTestGateway(t, inTurn([one!.url, two!.url]), { database });
  const state = async () =>
    Object.fromEntries(
      await Promise.all(
        ['b0', 'b1', 'added'].map(async (id) => {
          const {
            weight,
            effective_weight: effective,
            draining,
            source,
            max_in_flight: max,
          } = (await read(gateway, id)) as BackendView & { max_in_flight?: number };
          return [id, { weight, effective, draining, source, max }] as const;
        }),
      ),
    );
  const after = await state();
  assert.deepEqual([after['b0']!.weight, after['b0']!.effective, after['b1']!.draining], [7, 7, true]);
  assert.equal(after['added']!.source, 'api');
  // Round-robin: by two choices the light one gets none if the heavy one answers at once.
  const restarted = await shares(gateway);
  assert.deepEqual(Object.keys(restarted).toSorted(), ['replica-1', 'replica-3']);

  // The file changes overridden values and others.
  gateway.write(inTurn([one!.url, two!.url]).replace('id: b0', 'id: b0, weight: 3, enabled: false'));
  const reload = await gateway.admin('/v1/api/config/reload', { method: 'POST' });
  assert.deepEqual(reload.json<{ changes: unknown }>().changes, [
    { kind: 'backend', action: 'changed', name: 'b0', keys: ['weight', 'enabled'] },
  ]);
  const b0 = await read(gateway, 'b0');
  assert.deepEqual([b0.weight, b0.enabled, b0.file], [7, false, { weight: 3 }]);
  assert.deepEqual(await shares(gateway, 20), { 'replica-3': 20 });
  const config = (await gateway.admin('/v1/api/config')).json<{
    settings: { pools: { default: { backends: { id: string; weight: number; draining?: boolean }[] } } };
    overlay: { id: string; problem: string | null }[];
  }>();
  assert.deepEqual(
    config.settings.pools.default.backends.map(({ id, weight, draining = false }) => [id, weight, draining]),
    [
      ['b0', 7, false],
      ['b1', 1, true],
      ['added', 1, false],
    ],
  );
  assert.deepEqual(
    config.overlay.map(({ id, problem }) => [id, problem]),
    [
      ['added', null],
      ['b0', null],
      ['b1', null],
    ],
  );
  const unchanged = (await gateway.admin('/v1/api/config/reload', { method: 'POST' })).json<{ result: string }>();
  assert.equal(unchanged.result, 'unchanged', 'the overlay is no difference to the file');
});

test('an overlay whose pool a reload removes is reported in the log and by the API, and returns with the pool', async (t) => {
  const [one, two] = await samples(t, 2);
  const { database } = memory();
  const both = `${gatewayYaml([one!.url], UNLIMITED)}routes: [{ pool: default }]\n`.replace(
    'pools:\n',
    `pools:\n  q: { backends: [{ url: "http://127.0.0.1:9", id: q0 }] }\n`,
  );
  const gateway = await startTestGateway(t, both, { database });
  await call(gateway, 'POST', '', { pool: 'q', url: two!.url, id: 'added' });
  gateway.write(gatewayYaml([one!.url], UNLIMITED));
  assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);
  const warning = gateway.log.find(({ msg }) => msg === 'backend override does not apply');
  assert.deepEqual([warning?.['backend'], warning?.['level']], ['added', 40]);
  const { overlay } = (await gateway.admin('/v1/api/config')).json<{ overlay: { id: string; problem: string }[] }>();
  assert.match(overlay.find(({ id }) => id === 'added')!.problem, /there is no pool "q"/);
  gateway.write(both);
  assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);
  assert.equal((await read(gateway, 'added')).pool, 'q');
});

test('reloads and changes at the same time wait for each other, and none is lost', async (t) => {
  const [one, two] = await samples(t, 2);
  const { database } = memory();
  const gateway = await startTestGateway(t, gatewayYaml([one!.url, two!.url], UNLIMITED), { database });
  const load = startLoad(gateway.trafficUrl, { connections: 8 });
  for (let round = 1; round <= 10; round += 1) {
    gateway.write(gatewayYaml([one!.url, two!.url], `${UNLIMITED}retries: { attempts: ${round % 3} }\n`));
    await Promise.all([
      call(gateway, 'PATCH', '/b0', { weight: round }),
      gateway.admin('/v1/api/config/reload', { method: 'POST' }),
      call(gateway, 'PATCH', '/b1', { weight: 100 - round }),
    ]);
    const [b0, b1] = [await read(gateway, 'b0'), await read(gateway, 'b1')];
    assert.deepEqual([b0.effective_weight, b1.effective_weight], [round, 100 - round]);
  }
  const { statuses } = await load.stop();
  assert.deepEqual(Object.keys(statuses), ['200']);
});

test("a replaced thread has the API's overrides", async (t) => {
  const [one, two] = await samples(t, 2);
  const { database } = memory();
  const gateway = await startTestGateway(t, gatewayYaml([one!.url], UNLIMITED), { database, threads: 1 });
  await call(gateway, 'POST', '', { pool: 'default', url: two!.url, id: 'added' });
  await call(gateway, 'POST', '/b0/drain');
  await gateway.workers[0]!.terminate();
  await eventually('it serves again', async () => (await gateway.admin('/readyz')).status === 200);
  await eventually('it listens', () =>
    httpRequest(gateway.trafficUrl).then(
      () => true,
      () => false,
    ),
  );
  assert.deepEqual(await shares(gateway, 20), { 'replica-2': 20 });
});

test('reset-metrics starts over on every thread, under load, without nonsense', async (t) => {
  const [one] = await samples(t, 1);
  const gateway = await startTestGateway(t, gatewayYaml([one!.url], UNLIMITED));
  const load = startLoad(gateway.trafficUrl, { connections: 16 });
  for (let round = 0; round < 10; round += 1) {
    await load.reached(load.answers + 300);
    const answered = load.answers;
    const reset = await call(gateway, 'POST', '/b0/reset-metrics');
    const since = load.answers - answered;
    // Requests that end during the call may be counted; earlier counts must not come back.
    assert.ok(reset.requests_total <= since + 32, `${reset.requests_total} requests, ${since} answers since`);
    assert.equal(reset.failures_total, 0);
  }
  const { statuses } = await load.stop();
  assert.deepEqual(Object.keys(statuses), ['200']);
});

test('while the database is away changes are refused, traffic is unharmed, and changes work again when it is back', async (t) => {
  const [one, two] = await samples(t, 2);
  const { database, backends } = memory();
  const gateway = await startTestGateway(t, gatewayYaml([one!.url, two!.url], UNLIMITED), { database });
  const load = startLoad(gateway.trafficUrl, { connections: 8 });
  await call(gateway, 'PATCH', '/b0', { weight: 3 });
  backends.isAway = true;
  for (const [method, path, body] of [
    ['POST', '', { pool: 'default', url: 'http://127.0.0.1:9' }],
    ['PATCH', '/b0', { weight: 4 }],
    ['DELETE', '/b0', undefined],
    ['POST', '/b0/drain', undefined],
  ] as const) {
    const answer = await gateway.admin(BASE + path, { method, ...(body === undefined ? {} : { body }) });
    assert.deepEqual([answer.status, answer.json<{ error: string }>().error], [503, 'GW_DATABASE_UNAVAILABLE']);
  }
  assert.equal((await read(gateway, 'b0')).weight, 3);
  assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);
  await load.reached(load.answers + 100);
  backends.isAway = false;
  assert.equal((await call(gateway, 'PATCH', '/b0', { weight: 4 })).weight, 4);
  const { statuses } = await load.stop();
  assert.deepEqual(Object.keys(statuses), ['200']);
});

test('a circuit forced open gets no request from any thread, no answer ends it, and time does', async (t) => {
  const [fast] = await samples(t, 1);
  const slow = await slowBackend(t);
  const gateway = await startTestGateway(t, inTurn([fast!.url, slow.url]));
  const running = Array.from({ length: 4 }, () => httpRequest(gateway.trafficUrl));
  await eventually('two requests are there', () => slow.arrived() === 2);
  const open = (id: string, seconds: number) =>
    gateway.admin(`/v1/api/circuit-breaker/${id}/open`, { method: 'POST', body: { seconds } });
  assert.equal((await open('b1', 3600)).status, 200);
  slow.answerAll();
  await Promise.all(running);
  const { circuit, reason, circuit_forced_until: until } = await read(gateway, 'b1');
  assert.deepEqual([circuit, reason], ['open', 'circuit_open']);
  assert.ok(Date.parse(until!) > Date.now() + 3_000_000);
  assert.deepEqual(await shares(gateway), { 'replica-1': 120 });
  assert.equal(slow.arrived(), 2);

  // Both open: nothing is left; then a short time for one of them, which ends it.
  assert.equal((await open(encodeURIComponent(fast!.url), 3600)).status, 200);
  assert.deepEqual(await shares(gateway, 20), { 503: 20 });
  assert.equal((await open('b0', 1)).status, 200);
  await eventually('its time is over', async () => (await httpRequest(gateway.trafficUrl)).status === 200);
  await eventually('its trials have closed it', async () => {
    await httpRequest(gateway.trafficUrl);
    return (await read(gateway, 'b0')).circuit === 'closed';
  });
  assert.equal((await gateway.admin('/v1/api/circuit-breaker/b1/reset', { method: 'POST' })).status, 200);
  assert.equal((await read(gateway, 'b1')).available, true);
});

test('a backend that is the gateway itself is refused, by its public and its admin port', async (t) => {
  const gateway = await startTestGateway(t, gatewayYaml(['http://127.0.0.1:9']), { threads: 1 });
  for (const own of [gateway.trafficUrl, gateway.adminUrl]) {
    const answer = await gateway.admin('/v1/api/backends', { method: 'POST', body: { pool: 'default', url: own } });
    assert.equal(answer.status, 400);
    assert.match(answer.body, /"field":"url","message":"leads to the (public|admin) port of this gateway/);
  }
});

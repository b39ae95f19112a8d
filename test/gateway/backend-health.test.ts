/** What operators see when backends fail, recover or join. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startSampleBackends, type SampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';

const FAST = 'interval: 300ms, fast_interval: 200ms, timeout: 200ms, rise: 1, fall: 2';
const UNLIMITED = 'rate_limit: { enabled: false }\n';

interface BackendView {
  readonly state: string;
  readonly state_reason: string | null;
  readonly state_since: string;
  readonly available: boolean;
  readonly probes: string;
  readonly healthy: boolean | null;
  readonly hint: string | null;
  readonly last_error: string | null;
  readonly weight: number;
  readonly effective_weight: number;
  readonly requests_total: number;
  readonly slow_start: { readonly share: number; readonly ends_at: string } | null;
  readonly adaptive: { readonly share: number; readonly samples: number; readonly waiting: string | null } | null;
}

async function samples(t: TestContext, count: number): Promise<SampleBackends['backends']> {
  const { backends, close } = await startSampleBackends({ count });
  t.after(close);
  return backends;
}

async function serve(t: TestContext, listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const view = async (gateway: TestGateway, id: string): Promise<BackendView> =>
  (await gateway.admin(`/v1/api/backends/${id}`)).json<BackendView>();

async function history(gateway: TestGateway, id: string, kind: string) {
  const { items } = (await gateway.admin(`/v1/api/backends/${id}/history`)).json<{
    items: { kind: string; from: string; to: string; reason: string | null }[];
  }>();
  return items.filter((item) => item.kind === kind);
}

async function messages(gateway: TestGateway, kind: string): Promise<string[]> {
  const { items } = (await gateway.admin(`/v1/api/events?kind=${kind}`)).json<{ items: { message: string }[] }>();
  return items.map(({ message }) => message);
}

const isState = (gateway: TestGateway, id: string, state: string): Promise<void> =>
  eventually(`${id} is ${state}`, async () => (await view(gateway, id)).state === state);

test('a tcp check follows a port that closes and opens; state, history and events say so', async (t) => {
  const [one, two] = await samples(t, 2);
  // It fails by HTTP: a tcp check does not see it.
  await one!.set({ unhealthy: true });
  const gateway = await startTestGateway(
    t,
    gatewayYaml([one!.url, two!.url], `health_check: { type: tcp, ${FAST} }\nslow_start: { enabled: false }\n`),
  );
  await isState(gateway, 'b0', 'healthy');
  await one!.set({ down: true });
  await isState(gateway, 'b0', 'down');
  const down = await view(gateway, 'b0');
  assert.equal(down.state_reason, '2 failed probes: connect refused');
  assert.ok(Math.abs(Date.now() - Date.parse(down.state_since)) < 60_000);
  await one!.set({ down: false });
  await isState(gateway, 'b0', 'healthy');
  assert.equal((await view(gateway, 'b0')).state_reason, null);
  const states = (await history(gateway, 'b0', 'state')).map(({ from, to, reason }) => [from, to, reason]);
  assert.deepEqual(states.slice(0, 2), [
    ['down', 'healthy', null],
    ['healthy', 'down', '2 failed probes: connect refused'],
  ]);
  assert.deepEqual(
    (await history(gateway, 'b0', 'availability')).slice(0, 2).map(({ to }) => to),
    ['available', 'unhealthy'],
  );
  assert.deepEqual((await messages(gateway, 'health')).slice(0, 2), [
    'down → healthy; it gets requests',
    'healthy → down: 2 failed probes: connect refused; it gets no requests',
  ]);
  assert.ok(gateway.log.some(({ msg, to, action }) => msg === 'backend state changed' && to === 'down' && action));
  const before = (await history(gateway, 'b0', 'state')).length;
  gateway.write(gatewayYaml([one!.url], `health_check: { type: tcp, ${FAST} }\nslow_start: { enabled: false }\n`));
  await gateway.reload('test');
  assert.equal((await history(gateway, 'b0', 'state')).length, before, 'a reload keeps the history');
  assert.deepEqual(await messages(gateway, 'backend'), ['removed from pool default']);
  assert.match((await messages(gateway, 'configuration'))[0]!, /^reload applied, version 2: .*backend b1 \(removed\)/);
  gateway.write('pools: {}');
  await assert.rejects(gateway.reload('test'));
  assert.match((await messages(gateway, 'configuration'))[0]!, /^reload refused: .*pools/);
});

test('a backend without a health endpoint gets requests unchecked, unless a check is configured', async (t) => {
  const served = { path: 0 };
  const bare = await serve(t, (request, response) => {
    if (request.url === '/health') response.statusCode = 404;
    else served.path += 1;
    response.end();
  });
  const [good] = await samples(t, 1);
  const gateway = await startTestGateway(t, gatewayYaml([bare.url, good!.url], 'health_check: { rise: 1 }\n'));
  const hint = 'it has no /health: set health_check.path, or health_check.enabled: false';
  await isState(gateway, 'b0', 'healthy');
  const { available, probes, healthy, hint: shown, last_error: error } = await view(gateway, 'b0');
  assert.deepEqual([available, probes, healthy, shown, error], [true, 'unchecked', null, hint, 'status 404']);
  await eventually('b1 is up', async () => (await view(gateway, 'b1')).probes === 'up');
  for (let sent = 0; sent < 20; sent += 1) await httpRequest(`${gateway.trafficUrl}/`);
  assert.ok(served.path > 0 && served.path < 20, `it shares the requests: ${served.path} of 20`);
  assert.deepEqual(
    (await history(gateway, 'b0', 'health')).map(({ from, to, reason }) => [from, to, reason]),
    [['unknown', 'unchecked', hint]],
  );
  assert.deepEqual(await messages(gateway, 'health'), [`unchecked: ${hint}`]);
  assert.ok(gateway.log.some((line) => line['backend'] === 'b0' && line['hint'] === hint && line['level'] === 40));
  const status = (await gateway.admin('/v1/api/status')).json<{ status: string; warnings: { message: string }[] }>();
  assert.equal(status.status, 'healthy');
  assert.deepEqual(
    status.warnings.map(({ message }) => message),
    [`pool default: backend b0 unchecked: ${hint}`],
  );
  const metrics = (await gateway.admin('/metrics')).body;
  assert.match(metrics, /^sluice_backend_unchecked\{[^}]*backend="b0"[^}]*\} 1$/m);
  assert.match(metrics, /^sluice_backend_unchecked\{[^}]*backend="b1"[^}]*\} 0$/m);

  gateway.write(gatewayYaml([bare.url, good!.url], 'health_check: { path: /health }\n'));
  await gateway.reload('test');
  await isState(gateway, 'b0', 'down');
  assert.equal((await view(gateway, 'b0')).hint, null);
});

test('a backend that the file disables is not probed, and gets nothing', async (t) => {
  const asked = [0, 0];
  const [on, off] = await Promise.all(
    asked.map((_, at) =>
      serve(t, (_request, response) => {
        asked[at]! += 1;
        response.end();
      }),
    ),
  );
  const yaml = `health_check: { ${FAST} }\n${UNLIMITED}${gatewayYaml([on!.url, off!.url], '')}`;
  const gateway = await startTestGateway(t, yaml.replace(/id: b1/, 'id: b1, enabled: false'));
  await eventually('the other has been asked a few times', () => asked[0]! >= 5);
  for (let count = 0; count < 10; count += 1) await httpRequest(gateway.trafficUrl);
  assert.equal(asked[1], 0);
  assert.equal((await view(gateway, 'b1')).available, false);
});

test('a body that is not the expected one takes a backend out, with the reason', async (t) => {
  let status = 'up';
  const { url } = await serve(t, (_, response) => response.end(`{"status":"${status}"}`));
  const check = `health_check: { ${FAST}, expected_body: '"status":"up"' }\n`;
  const gateway = await startTestGateway(t, gatewayYaml([url], check));
  await isState(gateway, 'b0', 'healthy');
  status = 'draining';
  await isState(gateway, 'b0', 'down');
  assert.equal((await view(gateway, 'b0')).state_reason, '2 failed probes: body without "\\"status\\":\\"up\\""');
  assert.equal((await httpRequest(gateway.trafficUrl)).status, 503);
  const { to, reason } = (await history(gateway, 'b0', 'state'))[0]!;
  assert.deepEqual([to, reason], ['down', '2 failed probes: body without "\\"status\\":\\"up\\""']);
});

test('a circuit that opens is a state, a change and an event', async (t) => {
  const [one, two] = await samples(t, 2);
  await one!.set({ errorRate: 1 });
  const more =
    'passive_health: { enabled: false }\ncircuit_breaker: { consecutive_failures: 3 }\nretries: { attempts: 0 }\n';
  const gateway = await startTestGateway(t, gatewayYaml([one!.url, two!.url], more + UNLIMITED));
  const load = startLoad(gateway.trafficUrl, { connections: 4 });
  t.after(() => load.stop());
  await eventually('the circuit is open', async () => (await history(gateway, 'b0', 'circuit')).length > 0);
  await load.stop();
  assert.deepEqual(
    (await history(gateway, 'b0', 'circuit')).map(({ from, to }) => [from, to]),
    [['closed', 'open']],
  );
  const { state, state_reason } = await view(gateway, 'b0');
  assert.equal(state, 'down');
  assert.match(state_reason!, /^circuit open: \d+ of \d+ requests failed$/);
  assert.deepEqual(await messages(gateway, 'circuit'), ['circuit closed → open']);
});

test('a new backend and a recovered one start slowly; initial and lone ones do not', async (t) => {
  const [one, two] = await samples(t, 2);
  const more = `health_check: { ${FAST} }\nslow_start: { duration: 2s, from: 0.2 }\n`;
  const gateway = await startTestGateway(t, gatewayYaml([one!.url], more));
  await isState(gateway, 'b0', 'healthy');
  assert.deepEqual([(await view(gateway, 'b0')).effective_weight, (await view(gateway, 'b0')).slow_start], [1, null]);

  gateway.write(gatewayYaml([one!.url, two!.url], more));
  await gateway.reload('test');
  await eventually('the new one ramps', async () => (await view(gateway, 'b1')).slow_start !== null);
  const { slow_start: ramp, effective_weight: weight, weight: configured } = await view(gateway, 'b1');
  assert.ok(ramp!.share < 1 && weight < 1 && configured === 1, JSON.stringify({ ramp, weight }));
  assert.ok(Date.parse(ramp!.ends_at) > Date.now());
  assert.equal((await view(gateway, 'b0')).effective_weight, 1);
  await eventually('it has its whole weight', async () => (await view(gateway, 'b1')).slow_start === null);
  assert.equal((await view(gateway, 'b1')).effective_weight, 1);
  const weights = await history(gateway, 'b1', 'weight');
  assert.deepEqual(weights.map(({ from, to, reason }) => [from, to, reason]).reverse(), [
    ['1', '0.2', 'slow start: 2 s'],
    ['1', '1', 'slow start has ended'],
  ]);

  await one!.set({ unhealthy: true });
  await isState(gateway, 'b0', 'down');
  assert.equal((await view(gateway, 'b0')).effective_weight, 0.2, 'held, so that its first second is slow too');
  await two!.set({ unhealthy: true });
  await isState(gateway, 'b1', 'down');
  await two!.set({ unhealthy: false });
  await isState(gateway, 'b1', 'healthy');
  assert.deepEqual([(await view(gateway, 'b1')).effective_weight, (await view(gateway, 'b1')).slow_start], [1, null]);
  await one!.set({ unhealthy: false });
  await eventually('the second to recover ramps', async () => (await view(gateway, 'b0')).slow_start !== null);
});

// Two choices send few requests to a slow backend anyway: twenty samples would take it seconds.
const ADAPTIVE = 'enabled: true, interval: 100ms, speed: 0.5, warm_up: 0s, min_samples: 5';

for (const algorithm of ['weighted-round-robin', 'two-choices']) {
  test(`with ${algorithm} a backend that is made slower loses share, and regains it`, async (t) => {
    const backends = await samples(t, 3);
    const yaml = gatewayYaml(
      backends.map(({ url }) => url),
      `adaptive: { ${ADAPTIVE}, target_latency: 10ms }\n${UNLIMITED}`,
    ).replace('default:\n', `default:\n    algorithm: ${algorithm}\n`);
    await Promise.all(backends.map((backend) => backend.set({ delayMs: 10 })));
    const gateway = await startTestGateway(t, yaml);
    const load = startLoad(gateway.trafficUrl, { connections: 12 });
    t.after(() => load.stop());
    const share = async (): Promise<number> => (await view(gateway, 'b0')).adaptive!.share;
    await eventually('it is judged', async () => (await view(gateway, 'b0')).adaptive!.waiting === null);
    const usual = await share();
    await backends[0]!.set({ delayMs: 120 });
    await eventually('it has lost half of its share', async () => (await share()) < usual / 2, 20_000);
    const { effective_weight: weight, adaptive } = await view(gateway, 'b0');
    assert.ok(weight < 0.6 * usual, `${weight}`);
    assert.ok(adaptive!.share >= 0.25);
    await backends[0]!.set({ delayMs: 10 });
    await eventually('it has regained its share', async () => (await share()) > 0.8 * usual, 30_000);
    assert.ok((await history(gateway, 'b0', 'weight')).some(({ reason }) => reason!.startsWith('adapted: ')));
  });
}

test('a backend that fails at once attracts nothing, fast as it is', async (t) => {
  const backends = await samples(t, 2);
  const yaml = gatewayYaml(
    backends.map(({ url }) => url),
    `adaptive: { ${ADAPTIVE} }\nretries: { attempts: 0 }\ncircuit_breaker: { enabled: false }\npassive_health: { enabled: false }\n${UNLIMITED}`,
  ).replace('default:\n', 'default:\n    algorithm: weighted-round-robin\n');
  await backends[0]!.set({ errorRate: 0.6 });
  await backends[1]!.set({ delayMs: 20 });
  const gateway = await startTestGateway(t, yaml);
  const load = startLoad(gateway.trafficUrl, { connections: 12 });
  t.after(() => load.stop());
  let highest = 0;
  await eventually('the failing one is at its least', async () => {
    const { adaptive } = await view(gateway, 'b0');
    highest = Math.max(highest, adaptive!.share);
    return adaptive!.share < 0.3;
  });
  assert.equal(highest, 1, 'its share never rose');
  const [failing, slow] = await Promise.all(['b0', 'b1'].map((id) => view(gateway, id)));
  assert.ok(failing!.effective_weight < 0.4 * slow!.effective_weight);
  await backends[0]!.set({ errorRate: 0, delayMs: 20 });
  await eventually('well again, it regains its share', async () => (await view(gateway, 'b0')).adaptive!.share > 0.8);
});

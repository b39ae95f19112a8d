/** A traffic thread dies: the others continue, it comes back by itself, and nothing of its work is left behind. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startLoad } from '../support/load.ts';

interface Metrics {
  readonly in_flight: number;
  readonly threads: readonly {
    index: number;
    state: string;
    restarts: number;
    connections: number;
    snapshot: number;
  }[];
  readonly backends: readonly { in_flight: number }[];
}

async function metrics(gateway: TestGateway): Promise<Metrics> {
  return (await gateway.admin('/v1/api/metrics')).json<Metrics>();
}

async function threadsRun(gateway: TestGateway): Promise<boolean> {
  return (await metrics(gateway)).threads.every(({ state }) => state === 'running');
}

test('a thread that dies under load is back at once, and leaves no counts behind', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 2, behaviour: { delayMs: 5 } });
  t.after(close);
  const gateway = await startTestGateway(
    t,
    gatewayYaml(
      backends.map(({ url }) => url),
      'rate_limit: { enabled: false }\n',
    ),
  );
  const load = startLoad(gateway.trafficUrl, { connections: 40 });
  t.after(() => load.stop());
  await load.reached(500);
  assert.ok(
    (await metrics(gateway)).threads.every(({ connections }) => connections > 0),
    'both threads are at work',
  );

  await gateway.workers[0]!.terminate();
  await eventually('the thread is back', () => threadsRun(gateway));
  const { items } = (await gateway.admin('/v1/api/events?kind=thread')).json<{ items: { message: string }[] }>();
  assert.deepEqual(
    items.map(({ message }) => message),
    ['traffic thread 0 is back', 'traffic thread 0 died with code 1; starts again in 0 ms'],
  );
  const before = load.answers;
  await load.reached(before + 2000);
  const { statuses } = await load.stop();
  assert.deepEqual(Object.keys(statuses).toSorted(), ['200', 'error'], JSON.stringify(statuses));
  assert.ok(statuses['error']! <= 40, 'no more than the connections that it had');

  await eventually('nothing is in flight', async () => {
    const { in_flight: all, backends: each, threads } = await metrics(gateway);
    return all === 0 && each.every((one) => one.in_flight === 0) && threads.every((one) => one.connections === 0);
  });
  assert.deepEqual(
    (await metrics(gateway)).threads.map(({ restarts }) => restarts),
    [1, 0],
  );
  const { body } = await gateway.admin('/metrics');
  assert.deepEqual(body.match(/^sluice_thread_restarts_total.*$/gm), [
    'sluice_thread_restarts_total{thread="0"} 1',
    'sluice_thread_restarts_total{thread="1"} 0',
  ]);
  assert.equal(gateway.workers.length, 3);
});

test('an uncaught error ends the thread, not the process', async (t) => {
  const gateway = await startTestGateway(t, gatewayYaml(['http://127.0.0.1:9']), { threads: 1 });
  // No message of ours: the thread fails on it.
  gateway.workers[0]!.postMessage({ type: 'snapshot', id: 1, snapshot: null });
  await once(gateway.workers[0]!, 'error');
  await eventually('the thread is back', () => threadsRun(gateway));
  assert.ok(gateway.log.some(({ msg, err }) => msg === 'traffic thread failed' && err !== undefined));
});

test('clients and a reload that came while it was away apply on the new thread', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const yaml = gatewayYaml([backends[0]!.url]);
  const gateway = await startTestGateway(
    t,
    `rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }\n${yaml}`,
    {
      threads: 1,
    },
  );
  const create = (body: object) => gateway.admin('/v1/api/clients', { method: 'POST', body });
  const bucket = { capacity: 1000, rate_per_second: 0.001 };
  const before = (await create({ client_id: 'before', ...bucket, api_key: true })).json();
  await create({ ip_address: '127.0.0.0/8', ...bucket });

  await gateway.workers[0]!.terminate();
  // Nothing acknowledges for the dead thread; none of these may wait for it, nor be missed by the new one.
  const during = (await create({ client_id: 'during', ...bucket, api_key: true })).json();
  gateway.write(`routes: [{ path_prefix: /new, pool: default }]\n${yaml}`);
  assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);
  await eventually('the thread is back', () => threadsRun(gateway));
  // A reload does not wait for a thread that is starting, which has it once it acknowledges it.
  await eventually('it has the reload', async () => (await metrics(gateway)).threads[0]!.snapshot === 2);

  const policy = (headers: Record<string, string>, path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      request(gateway.trafficUrl + path, { headers, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode!));
      })
        .on('error', reject)
        .end();
    });
  for (let count = 0; count < 20; count += 1) {
    assert.equal(await policy({ 'x-api-key': String(before['api_key']) }, '/new'), 200);
    assert.equal(await policy({ 'x-api-key': String(during['api_key']) }, '/new'), 200);
    assert.equal(await policy({}, '/new'), 200);
  }
  assert.equal(await policy({}, '/old'), 404);
});

test('a gateway stops while a thread is coming back', async (t) => {
  const gateway = await startTestGateway(t, gatewayYaml(['http://127.0.0.1:9']), { threads: 1 });
  await gateway.workers[0]!.terminate();
  await eventually('the thread starts', () => gateway.workers.length === 2);
  await gateway.stop();
});

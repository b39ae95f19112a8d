/** In-flight limits hold across all threads, whatever happens to one of them, and no request waits in vain. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startHeldBackend } from '../support/held-backend.ts';
import { startLoad } from '../support/load.ts';
import { poolYaml } from '../support/pool-yaml.ts';
import { RawClient } from '../support/raw-socket.ts';

interface Metrics {
  readonly pools: readonly { queued: number }[];
  readonly backends: readonly { in_flight: number; available: boolean; reason: string | null; max_in_flight: number }[];
  readonly threads: readonly { connections: number; restarts: number; state: string }[];
}

const metrics = async (gateway: TestGateway): Promise<Metrics> =>
  (await gateway.admin('/v1/api/metrics')).json<Metrics>();

/** Answers after a short while, and remembers its peak concurrency. */
async function startBusyBackend(t: TestContext) {
  const seen = { running: 0, peak: 0 };
  const server = createServer((_request, response) => {
    seen.running += 1;
    seen.peak = Math.max(seen.peak, seen.running);
    response.on('close', () => (seen.running -= 1));
    setTimeout(() => response.end('ok'), 2);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('under load from two threads, a backend never has more requests than it may, and all are answered', async (t) => {
  const { url, seen } = await startBusyBackend(t);
  const gateway = await startTestGateway(
    t,
    poolYaml([{ url }], ['max_in_flight: 5', 'queue: { size: 100, timeout: 30s }']),
  );
  const load = startLoad(gateway.trafficUrl, { connections: 60, max: 3000 });
  await load.reached(200);
  const { threads } = await metrics(gateway);
  assert.ok(
    threads.every(({ connections }) => connections > 0),
    'both threads are at work',
  );
  const { statuses } = await load.done;
  assert.deepEqual(statuses, { '200': 3000 });
  assert.equal(seen.peak, 5);
});

/** Clients with a connection each, enough that both threads have some. */
function clients(t: TestContext, gateway: TestGateway, count: number): RawClient[] {
  const { port } = new URL(gateway.trafficUrl);
  return Array.from({ length: count }, (_, at) => {
    const client = new RawClient(Number(port)).send(`GET /${at} HTTP/1.1\r\nHost: g\r\n\r\n`);
    t.after(() => client.destroy());
    return client;
  });
}

test('a slot that one thread frees goes to a request waiting on another', async (t) => {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const gateway = await startTestGateway(
    t,
    poolYaml([{ url: backend.url }], ['max_in_flight: 1', 'queue: { size: 100, timeout: 24h }']),
  );
  const waiting = clients(t, gateway, 16);
  await eventually('all but one wait', async () => (await metrics(gateway)).pools[0]!.queued === 15);
  const [view] = (await metrics(gateway)).backends;
  assert.deepEqual([view!.available, view!.reason, view!.in_flight, view!.max_in_flight], [false, 'full', 1, 1]);
  for (let count = 1; count <= 16; count += 1) {
    await backend.asked(count);
    backend.answer();
  }
  await Promise.all(waiting.map((client) => client.until('\r\n\r\n')));
  assert.equal(backend.peak, 1);
});

test('the slots of a thread that dies are free again, and requests waiting on the other get them', async (t) => {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const gateway = await startTestGateway(
    t,
    poolYaml([{ url: backend.url }], ['max_in_flight: 2', 'queue: { size: 100, timeout: 24h }']),
  );
  const waiting = clients(t, gateway, 24);
  await eventually('all but two wait', async () => (await metrics(gateway)).pools[0]!.queued === 22);
  await gateway.workers[0]!.terminate();
  await eventually('the thread is back', async () =>
    (await metrics(gateway)).threads.every(({ state }) => state === 'running'),
  );
  await eventually('its clients are gone', () => waiting.some(({ isClosed }) => isClosed));
  const left = waiting.filter(({ isClosed }) => !isClosed);
  assert.ok(left.length > 0 && left.length < 24, `${left.length} of 24 were on the other thread`);
  while (left.some(({ received }) => received === '')) {
    await eventually('the next comes', () => backend.running > 0 || left.every(({ received }) => received !== ''));
    if (backend.running > 0) backend.answer();
  }
  assert.ok(left.every(({ received }) => received.startsWith('HTTP/1.1 200')));
  await eventually('nothing is left', async () => {
    const { pools, backends } = await metrics(gateway);
    return pools[0]!.queued === 0 && backends[0]!.in_flight === 0 && backends[0]!.available;
  });
});

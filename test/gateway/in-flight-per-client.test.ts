/** A client's requests in flight are counted over all threads, and those of a thread that dies count no longer. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startHeldBackend } from '../support/held-backend.ts';
import { RawClient } from '../support/raw-socket.ts';

/** Each has a connection of its own. */
function ask(t: TestContext, gateway: TestGateway, count: number): RawClient[] {
  const { port } = new URL(gateway.trafficUrl);
  return Array.from({ length: count }, () => {
    const client = new RawClient(Number(port)).send('GET / HTTP/1.1\r\nHost: g\r\n\r\n');
    t.after(() => client.destroy());
    return client;
  });
}

const isRefused = ({ received }: RawClient): boolean => received.startsWith('HTTP/1.1 429');
const isOpen = ({ received, isClosed }: RawClient): boolean => received === '' && !isClosed;

test('exactly as many as allowed are admitted by two threads, and those of a dead thread are taken back', async (t) => {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const gateway = await startTestGateway(
    t,
    gatewayYaml([backend.url], 'rate_limit: { default: { capacity: 1000 }, max_in_flight_per_client: 20 }'),
  );
  const clients = ask(t, gateway, 60);
  await eventually('all are decided', () => clients.filter(isRefused).length === 40 && backend.running === 20);
  const threads = async () =>
    (await gateway.admin('/v1/api/metrics')).json<{ threads: { connections: number; state: string }[] }>().threads;
  assert.ok((await threads()).every(({ connections }) => connections > 0));

  await gateway.workers[0]!.terminate();
  await eventually('the thread is back', async () => (await threads()).every(({ state }) => state === 'running'));
  await eventually('its requests are gone', () => clients.filter(isOpen).length === backend.running);
  const left = clients.filter(isOpen).length;
  assert.ok(left > 0 && left < 20, `${left}`);

  const more = ask(t, gateway, 60);
  await eventually('all are decided', () => more.filter(isRefused).length === 40 + left);
  await eventually('the rest runs', () => backend.running === 20);
  assert.equal(backend.peak, 20);
});

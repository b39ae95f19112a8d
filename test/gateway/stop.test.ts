/** How the process ends: running work is not cut, and used tokens are not returned. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient } from '../support/raw-socket.ts';
import { startLoad } from '../support/load.ts';
import { runGatewayProcess, temporaryFolder } from '../support/sluice-process.ts';
import { upgrade } from '../support/websocket-client.ts';

const CALM = 'log: { access: { enabled: false } }\nrate_limit: { enabled: false }\n';

async function backend(t: TestContext, delayMs = 0) {
  const { backends, close } = await startSampleBackends({ count: 1, behaviour: { delayMs } });
  t.after(close);
  return backends[0]!;
}

test('readiness fails at once, requests are still taken and answered, watchers hear 1001, exit code 0', async (t) => {
  const { url } = await backend(t);
  const gateway = await runGatewayProcess(t, { yaml: gatewayYaml([url], `server: { drain_delay: 3s }\n${CALM}`) });
  assert.equal((await httpRequest(`${gateway.adminUrl}/readyz`)).status, 200);
  const { client } = await upgrade(Number(new URL(gateway.adminUrl).port), '/ws/metrics');
  const load = startLoad(gateway.trafficUrl, { connections: 8 });
  t.after(() => load.stop());
  await load.reached(100);

  const began = performance.now();
  gateway.child.kill('SIGTERM');
  await gateway.printed(/"stopping"/);
  assert.equal((await httpRequest(`${gateway.adminUrl}/readyz`)).status, 503);
  // New connections, too.
  assert.equal((await httpRequest(gateway.trafficUrl)).status, 200);
  const before = load.answers;
  await load.reached(before + 100);
  const { statuses } = await load.stop();
  assert.deepEqual(Object.keys(statuses), ['200']);

  await client.closed();
  assert.equal(client.closeCode, 1001);
  assert.equal(await gateway.exit, 0, gateway.stderr());
  assert.ok(performance.now() - began >= 3000);
  assert.equal(gateway.stderr(), '');
});

test('during drain_delay, every answer on a kept connection closes it, and no request is lost', async (t) => {
  const { url } = await backend(t);
  const gateway = await runGatewayProcess(t, { yaml: gatewayYaml([url], `server: { drain_delay: 2s }\n${CALM}`) });
  const port = Number(new URL(gateway.trafficUrl).port);
  const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  const count = ({ received }: RawClient): number => received.split('HTTP/1.1 200 OK').length - 1;
  const isClosing = ({ received }: RawClient): boolean => /Connection: close/i.test(received);
  // On both threads.
  const clients = Array.from({ length: 16 }, () => new RawClient(port).send(GET));
  t.after(() => clients.forEach((client) => client.destroy()));
  for (const client of clients) await client.until(() => count(client) === 1);
  const resets: Error[] = [];
  for (const { socket } of clients) socket.on('error', (error) => resets.push(error));

  gateway.child.kill('SIGTERM');
  await gateway.printed(/"stopping"/);
  const [busy, idle] = [clients.slice(0, 8), clients.slice(8)];
  await Promise.all(
    busy.map(async (client) => {
      for (let sent = 1; !isClosing(client);) {
        sent += 1;
        client.send(GET);
        await client.until(() => count(client) === sent);
      }
      await client.closed();
    }),
  );
  assert.equal((await httpRequest(gateway.trafficUrl)).headers.connection, 'close');
  await Promise.all(idle.map((client) => client.closed()));
  assert.equal(await gateway.exit, 0, gateway.stderr());
  assert.deepEqual(resets, []);
});

test('running requests get their answers, with Connection: close', async (t) => {
  const slow = await backend(t, 1000);
  const gateway = await runGatewayProcess(t, { yaml: gatewayYaml([slow.url], `server: { drain_delay: 0s }\n${CALM}`) });
  const answers = Array.from({ length: 10 }, () => httpRequest(gateway.trafficUrl));
  await eventually('all are under way', async () => {
    const report = (await httpRequest(`${gateway.adminUrl}/v1/api/metrics`)).json<{ in_flight: number }>();
    return report.in_flight === 10;
  });
  gateway.child.kill('SIGINT');
  for (const answer of await Promise.all(answers)) {
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.connection, 'close');
  }
  assert.equal(await gateway.exit, 0);
});

test('a second signal ends it at once', async (t) => {
  const hanging = await backend(t);
  const gateway = await runGatewayProcess(t, {
    yaml: gatewayYaml([hanging.url], `server: { drain_delay: 60s }\n${CALM}`),
  });
  // Only now: its first check must find it healthy.
  await hanging.set({ hang: true });
  const cut = new Promise((resolve) => request(gateway.trafficUrl).on('error', resolve).end());
  gateway.child.kill('SIGTERM');
  await gateway.printed(/"stopping"/);
  gateway.child.kill('SIGTERM');
  assert.equal(await gateway.exit, 1);
  await cut;
});

test('a request that does not end is cut after drain_timeout', async (t) => {
  const hanging = await backend(t);
  const server = 'server: { drain_delay: 0s, drain_timeout: 300ms }\n';
  const gateway = await runGatewayProcess(t, { yaml: gatewayYaml([hanging.url], server + CALM) });
  // Only now: its first check must find it healthy.
  await hanging.set({ hang: true });
  const cut = new Promise((resolve) => request(gateway.trafficUrl).on('error', resolve).end());
  await eventually('it is under way', async () => {
    const report = (await httpRequest(`${gateway.adminUrl}/v1/api/metrics`)).json<{ in_flight: number }>();
    return report.in_flight === 1;
  });
  gateway.child.kill('SIGTERM');
  assert.equal(await gateway.exit, 0);
  await cut;
});

test('a registered client keeps its level over a stop, and over a kill -9 but for the last save', async (t) => {
  const { url } = await backend(t);
  const dataDir = temporaryFolder(t);
  const yaml = gatewayYaml(
    [url],
    'server: { drain_delay: 0s }\nlog: { access: { enabled: false } }\ndatabase: { save_levels: 200ms }\n',
  );
  const start = () => runGatewayProcess(t, { yaml, dataDir });
  const send = async (gatewayUrl: string, count: number): Promise<Record<string, number>> =>
    (await startLoad(gatewayUrl, { connections: 4, max: count }).done).statuses;

  let gateway = await start();
  const created = await httpRequest(`${gateway.adminUrl}/v1/api/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ip_address: '127.0.0.1', capacity: 100, rate_per_second: 0.001 }),
  });
  assert.equal(created.status, 201);
  assert.deepEqual(await send(gateway.trafficUrl, 60), { 200: 60 });
  gateway.child.kill('SIGTERM');
  assert.equal(await gateway.exit, 0);

  gateway = await start();
  assert.deepEqual(await send(gateway.trafficUrl, 60), { 200: 40, 429: 20 });
  assert.equal((await httpRequest(gateway.adminUrl + '/v1/api/clients/127.0.0.1')).status, 200);
  // After two saves, what was taken is stored.
  await savedTwice(gateway.adminUrl);
  gateway.child.kill('SIGKILL');
  assert.equal(await gateway.exit, 'SIGKILL');

  gateway = await start();
  assert.deepEqual(await send(gateway.trafficUrl, 20), { 429: 20 });
});

/** Saves happen every 200 ms by the gateway's clock: its uptime shows when two of them are over. */
async function savedTwice(adminUrl: string): Promise<void> {
  const uptime = async (): Promise<number> =>
    (await httpRequest(`${adminUrl}/v1/api/metrics`)).json<{ uptime_seconds: number }>().uptime_seconds;
  const from = await uptime();
  await eventually('two saves', async () => (await uptime()) - from > 1);
}

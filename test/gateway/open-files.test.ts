/**
 * Clients that open as many connections as they like: the admin port answers, and log and metrics show the refusals.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { startHeldBackend } from '../support/held-backend.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient } from '../support/raw-socket.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

const OPEN_FILES = 512;
const CLIENTS = 500;

async function sampleBackend(t: TestContext): Promise<string> {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  return backends[0]!.url;
}

async function flood(t: TestContext, server: string, backend: string) {
  const calm =
    'health_check: { enabled: false }\nrate_limit: { enabled: false }\nlog: { access: { enabled: false } }\n';
  const gateway = await runGatewayProcess(t, {
    yaml: gatewayYaml([backend], `server: { drain_delay: 0s${server} }\n${calm}`),
    openFiles: OPEN_FILES,
  });
  const admin = async (path: string): Promise<string> => (await httpRequest(gateway.adminUrl + path)).body;
  const clients: RawClient[] = [];
  t.after(() => clients.forEach((client) => client.destroy()));
  for (let count = 0; count < CLIENTS; count += 1)
    clients.push(new RawClient(Number(new URL(gateway.trafficUrl).port)));
  const sum = (body: string, name: string): number =>
    [...body.matchAll(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'gm'))].reduce((all, [, value]) => all + Number(value), 0);
  let open = 0;
  await eventually('every connection is in or refused', async () => {
    const body = await admin('/metrics');
    open = sum(body, 'sluice_connections');
    return open + sum(body, 'sluice_connections_refused_total') === CLIENTS;
  });
  assert.equal((await httpRequest(`${gateway.adminUrl}/readyz`)).status, 200);
  return { gateway, clients, open };
}

test('max_connections follows the limit of open files, and the admin port answers while it is reached', async (t) => {
  const { gateway, clients, open } = await flood(t, '', await sampleBackend(t));
  assert.equal(open, (OPEN_FILES - 128) / 2);
  assert.match(gateway.stdout(), /"reason":"max_connections","count":1,.*"connections refused"/);
  assert.doesNotMatch(gateway.stdout(), /ulimit/);
  // The first ones are served: there are descriptors for backends.
  assert.match(await clients[0]!.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').until('}'), /^HTTP\/1\.1 200 /);
});

test('without a limit, a start warns with the numbers, and the admin port answers all the same', async (t) => {
  const { gateway, open } = await flood(t, ', max_connections: 0', await sampleBackend(t));
  assert.ok(open > (OPEN_FILES - 128) / 2 && open < OPEN_FILES - 128, `${open} open`);
  assert.match(
    gateway.stdout(),
    /"max_connections":0,"open_files":512,"at_most":192,"msg":"server\.max_connections exceeds/,
  );
  assert.match(gateway.stdout(), /"reason":"file descriptors","count":1,.*"connections refused"/);
});

test('without a limit, connections to backends leave the admin port its descriptors', async (t) => {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const { gateway, clients, open } = await flood(t, ', max_connections: 0', backend.url);
  for (const client of clients) if (!client.isClosed) client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  let refused = 0;
  await eventually('every request is at the backend or refused', () => {
    refused = clients.filter(({ received }) => received.startsWith('HTTP/1.1 502 ')).length;
    return backend.running + refused === open;
  });
  assert.ok(refused > 0 && backend.running > 32, `${refused} refused, ${backend.running} at the backend`);
  const operators = Array.from({ length: 20 }, () => new RawClient(Number(new URL(gateway.adminUrl).port)));
  t.after(() => operators.forEach((operator) => operator.destroy()));
  await Promise.all(
    operators.map((each) => each.send('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n').until(' 200 OK')),
  );
  const report = await httpRequest(`${gateway.adminUrl}/v1/api/backends`);
  assert.match(report.body, /"circuit":"closed"/);
});

test('connections to the admin port that take the last descriptors are refused, counted and logged', async (t) => {
  const gateway = await runGatewayProcess(t, { yaml: gatewayYaml([await sampleBackend(t)]), openFiles: OPEN_FILES });
  const operators = Array.from({ length: CLIENTS }, () => new RawClient(Number(new URL(gateway.adminUrl).port)));
  t.after(() => operators.forEach((operator) => operator.destroy()));
  await gateway.printed(/"reason":"file descriptors","msg":"the admin port refuses connections: /);
  for (const operator of operators) operator.destroy();
  await gateway.printed(/"refused":[1-9]\d*,"msg":"the admin port accepts connections again"/);
  const { body } = await httpRequest(`${gateway.adminUrl}/metrics`);
  assert.match(body, /^sluice_connections_refused_total\{thread="control"\} [1-9]/m);
});

/** Clients that open as many connections as they like: the admin port answers, and log and metrics say what is refused. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/tools/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient } from '../support/raw-socket.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

const OPEN_FILES = 512;
const CLIENTS = 500;

async function flood(t: TestContext, server: string) {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const calm =
    'health_check: { enabled: false }\nrate_limit: { enabled: false }\nlog: { access: { enabled: false } }\n';
  const gateway = await runGatewayProcess(t, {
    yaml: gatewayYaml([backends[0]!.url], `server: { drain_delay: 0s${server} }\n${calm}`),
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
  const { gateway, clients, open } = await flood(t, '');
  assert.equal(open, (OPEN_FILES - 128) / 2);
  assert.match(gateway.stdout(), /"reason":"max_connections","count":1,.*"connections refused"/);
  assert.doesNotMatch(gateway.stdout(), /ulimit/);
  // The first ones are served: there are descriptors for backends.
  assert.match(await clients[0]!.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').until('}'), /^HTTP\/1\.1 200 /);
});

test('without a limit, a start warns with the numbers, and the admin port answers all the same', async (t) => {
  const { gateway, open } = await flood(t, ', max_connections: 0');
  assert.ok(open > (OPEN_FILES - 128) / 2 && open < OPEN_FILES - 128, `${open} open`);
  assert.match(
    gateway.stdout(),
    /"max_connections":0,"open_files":512,"at_most":192,"msg":"server\.max_connections is more/,
  );
  assert.match(gateway.stdout(), /"reason":"file descriptors","count":1,.*"connections refused"/);
});

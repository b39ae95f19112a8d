/** kill -9 of a real gateway: tokens that clients took before the last save stay taken, in either kind of database. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { runGatewayProcess, temporaryFolder } from '../support/sluice-process.ts';

const CAPACITY = 20_000;
const LIMIT = { capacity: CAPACITY, rate_per_second: 0.01 };
/** The gateway saves every 200 ms here; a busy machine may be late by this much, ms. The default is 5 s. */
const LATEST_MS = 1500;
/** Requests continue for this long, so that there are older ones to keep. */
const TRAFFIC_MS = 3000;

async function killUnderLoad(t: TestContext, database: string): Promise<void> {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const yaml = gatewayYaml(
    [backends[0]!.url],
    `database: { save_levels: 200ms${database} }\nserver: { drain_delay: 0s }\n`,
  );
  const dataDir = join(temporaryFolder(t), 'data');
  const first = await runGatewayProcess(t, { yaml, dataDir });
  const created = await sendTo(first.adminUrl, 'POST', '/v1/api/clients', { ip_address: '127.0.0.1', ...LIMIT });
  assert.equal(created.status, 201);

  const takenAt: number[] = [];
  const begin = performance.now();
  while (performance.now() - begin < TRAFFIC_MS) {
    assert.equal((await httpRequest(first.trafficUrl)).status, 200);
    takenAt.push(performance.now());
  }
  const killedAt = performance.now();
  first.child.kill('SIGKILL');
  assert.equal(await first.exit, 'SIGKILL');

  const second = await runGatewayProcess(t, { yaml, dataDir });
  // Buckets keep their share of tokens: a tenth of the capacity is counted in a tenth of the time.
  const send = (method: string, path: string, body: object) => sendTo(second.adminUrl, method, path, body);
  assert.equal((await send('PUT', '/v1/api/clients/127.0.0.1', { ...LIMIT, capacity: CAPACITY / 10 })).status, 200);
  const { statuses } = await startLoad(second.trafficUrl, { max: CAPACITY / 10 }).done;
  const givenBack = 10 * (statuses['200'] ?? 0) + takenAt.length - CAPACITY;
  const late = takenAt.filter((at) => at > killedAt - LATEST_MS).length;
  assert.ok(late < takenAt.length);
  assert.ok(
    givenBack <= late + 20,
    `${givenBack} of ${takenAt.length} given back; ${late} in the last ${LATEST_MS} ms`,
  );
  second.child.kill('SIGTERM');
  await second.exit;
}

function sendTo(adminUrl: string, method: string, path: string, body: object) {
  const headers = { 'content-type': 'application/json' };
  return httpRequest(adminUrl + path, { method, headers, body: JSON.stringify(body) });
}

it('a killed gateway on the embedded database gives nobody a full bucket', async (t) => killUnderLoad(t, ''));

describe('a gateway on PostgreSQL', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  it('that is killed gives nobody a full bucket', async (t) =>
    killUnderLoad(t, `, url: "${await server.createDatabase()}"`));
});

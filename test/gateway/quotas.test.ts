/** Quotas are exact over threads, kept when one of them dies and over restarts, and reported. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { fakeDatabase } from '../support/admin-app.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startLoad } from '../support/load.ts';
import { MemoryClientStore } from '../support/memory-client-store.ts';

const used = async (gateway: TestGateway): Promise<number> => {
  const usage = (await gateway.admin('/v1/api/clients/127.0.0.1/usage')).json<{ quotas: { used: number }[] }>();
  return usage.quotas[0]!.used;
};

test('two threads admit exactly the quota, whatever happens to one of them, and a restart forgets nothing', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const database = fakeDatabase(new MemoryClientStore());
  const yaml = gatewayYaml(
    backends.map(({ url }) => url),
    'rate_limit: { default: { capacity: 100000 }, quota: { requests: 500, per: month } }',
  );
  const first = await startTestGateway(t, yaml, { database });
  const load = startLoad(first.trafficUrl, { connections: 20, max: 200 });
  assert.deepEqual((await load.done).statuses, { '200': 200 });
  await first.workers[0]!.terminate();
  const threads = async () => (await first.admin('/v1/api/metrics')).json<{ threads: { state: string }[] }>().threads;
  await eventually('the thread is back', async () => (await threads()).every(({ state }) => state === 'running'));
  assert.equal(await used(first), 200);
  assert.deepEqual((await startLoad(first.trafficUrl, { connections: 20, max: 100 }).done).statuses, { '200': 100 });
  await first.stop();

  const second = await startTestGateway(t, yaml, { database });
  assert.equal(await used(second), 300);
  const { statuses } = await startLoad(second.trafficUrl, { connections: 20, max: 400 }).done;
  assert.deepEqual(statuses, { '200': 200, '429': 200 });
  assert.equal(await used(second), 500);
});

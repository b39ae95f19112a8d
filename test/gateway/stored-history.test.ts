/** The history of the metrics after a restart, and on a data folder that cannot be written. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { type RunningGateway, runGatewayProcess, temporaryFolder } from '../support/sluice-process.ts';

interface History {
  readonly points: readonly { readonly at: string; readonly requests_per_second: number }[];
  readonly stored: boolean;
  readonly storage_problem: string | null;
}

async function history({ adminUrl }: RunningGateway): Promise<History> {
  return (await httpRequest(`${adminUrl}/v1/api/metrics/history?span=5m`)).json<History>();
}

test('the history continues after a restart; a data folder that cannot be written stops nothing and is named', async (t) => {
  const backend = await startRawBackend(rawResponse('fine'));
  t.after(() => backend.close());
  const yaml = `pools: { web: { backends: [{ url: "${backend.url}" }] } }
server: { drain_delay: 0s }
health_check: { interval: 60s, type: tcp }
`;
  const dataDir = join(temporaryFolder(t), 'data');
  mkdirSync(dataDir);
  const blocker = join(dataDir, 'history');
  writeFileSync(blocker, 'a file where the folder belongs');

  const first = await runGatewayProcess(t, { yaml, dataDir });
  const requested = Date.now();
  assert.equal((await httpRequest(first.trafficUrl)).body, 'fine');
  await eventually('the problem is named', async () => !(await history(first)).stored);
  assert.match((await history(first)).storage_problem!, /ENOTDIR|EEXIST/);
  assert.equal((await httpRequest(first.trafficUrl)).body, 'fine');
  const isOfFirst = ({ at, requests_per_second: rate }: History['points'][number]): boolean =>
    Date.parse(at) > requested && rate > 0;
  await eventually('the request is in the history', async () => (await history(first)).points.some(isOfFirst));
  const before = (await history(first)).points;
  rmSync(blocker);
  first.child.kill('SIGTERM');
  assert.equal(await first.exit, 0);

  const second = await runGatewayProcess(t, { yaml, dataDir });
  await eventually('a point of its own', async () => (await history(second)).points.length > before.length);
  const { points, stored, storage_problem: problem } = await history(second);
  assert.deepEqual(points.slice(0, before.length), before);
  assert.deepEqual([stored, problem], [true, null]);
});

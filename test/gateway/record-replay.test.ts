/** Traffic is recorded from a running gateway, and replayed against another backend. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { RecordedRequest, RecordingLine } from '../../src/recording/core/recording-vocabulary.ts';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { runGatewayProcess, spawnSluice, temporaryFolder } from '../support/sluice-process.ts';

const REQUESTS = 40;

test('both threads record until Ctrl-C; the same version passes a replay, and another one fails it', async (t) => {
  const url = await startVersion(t, 1);
  const yaml = `pools: { web: { backends: [{ url: "${url}" }] } }\nroutes: [{ name: api, path_prefix: /api, pool: web }, { pool: web }]\n`;
  const gateway = await runGatewayProcess(t, { yaml });
  const file = join(temporaryFolder(t), 'api.ndjson');
  const args = ['--route', 'api', '--bodies', '--for', '5m', '--out', file, '--admin', gateway.adminUrl];
  const record = spawnSluice(t, ['bin/sluice.js', 'record', ...args]);
  const recordings = async (): Promise<number[]> =>
    (JSON.parse((await httpRequest(`${gateway.adminUrl}/v1/api/recordings`)).body) as { recorded: number }[]).map(
      ({ recorded }) => recorded,
    );
  await eventually('it is recording', async () => (await recordings()).length === 1);
  const headers = { authorization: 'Bearer secret-of-a-client' };
  for (let sent = 0; sent < REQUESTS; sent += 1) {
    const path = `/api/items/${sent}?token=secret-in-a-query`;
    // A connection for each: the kernel spreads them over both threads.
    assert.equal((await httpRequest(gateway.trafficUrl + path, { headers })).status, 200);
  }
  await httpRequest(`${gateway.trafficUrl}/other`);
  await eventually('all are recorded', async () => (await recordings())[0] === REQUESTS);
  record.child.kill('SIGINT');
  assert.equal(await record.exit, 0, record.stderr());
  assert.match(record.stderr(), /^recorded 40 requests in .*api\.ndjson, left out 0: it was stopped$/m);
  assert.deepEqual(await recordings(), []);

  const text = readFileSync(file, 'utf8');
  assert.doesNotMatch(text, /secret-/);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordingLine);
  assert.deepEqual([lines[0]!.type, lines.at(-1)!.type, lines.length], ['recording', 'end', REQUESTS + 2]);
  const recorded = lines.filter((line): line is RecordedRequest => line.type === 'request');
  assert.deepEqual(
    new Set(recorded.map(({ target }) => target)),
    new Set(Array.from({ length: REQUESTS }, (_, at) => `/api/items/${at}?token=***`)),
  );

  const replay = (to: string) =>
    spawnSluice(t, ['bin/sluice.js', 'replay', file, '--to', to, '--compare', 'status,json', '--speed', 'max']);
  const same = replay(await startVersion(t, 1));
  assert.equal(await same.exit, 0, same.stdout() + same.stderr());
  assert.match(
    same.stdout(),
    /^replayed 40 of 40 requests: 40 same, 0 different, 0 failed\ncompared: status of 40, json of 40$/m,
  );
  const other = replay(await startVersion(t, 2));
  assert.equal(await other.exit, 1);
  assert.match(other.stdout(), /40 different/);
  assert.match(other.stdout(), /^ {2}json version: 1 → 2$/m);
});

async function startVersion(t: TestContext, version: number): Promise<string> {
  const server = createServer((request, response) => {
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ version, path: request.url!.split('?')[0] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

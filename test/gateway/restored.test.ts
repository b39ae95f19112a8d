/** A gateway that is lost, and made again from its backup: a whole process answers as the first one did. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { runGatewayProcess, spawnSluice, temporaryFolder } from '../support/sluice-process.ts';

test('a gateway that is restored from a backup has its clients, backends and orders, and answers', async (t) => {
  const [file, added] = [await startRawBackend(rawResponse('file')), await startRawBackend(rawResponse('added'))];
  t.after(() => Promise.all([file.close(), added.close()]));
  const yaml = `pools: { web: { backends: [{ url: "${file.url}", id: file }], algorithm: round-robin } }
health_check: { interval: 60s, type: tcp }
server: { drain_delay: 0s }
`;
  const first = await runGatewayProcess(t, { yaml });
  const send = async (url: string, method: string, path: string, body: object = {}): Promise<string> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await httpRequest(url + path, { method, headers, body: JSON.stringify(body) });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.body}`);
    return answer.body;
  };
  const order = (id: string): string => `/v1/api/circuit-breaker/${id}/open`;
  await send(first.adminUrl, 'POST', '/v1/api/clients', { client_id: 'shop', capacity: 7, rate_per_second: 1 });
  await send(first.adminUrl, 'POST', '/v1/api/backends', { id: 'added', pool: 'web', url: added.url });
  await send(first.adminUrl, 'POST', order('file'), { seconds: 3600 });
  first.child.kill('SIGTERM');
  assert.equal(await first.exit, 0);

  const folder = temporaryFolder(t);
  const backup = join(folder, 'gateway.backup');
  const data = ['--data-dir', join(dirname(first.file), 'data')];
  const kept = spawnSluice(t, ['bin/sluice.js', 'backup', backup, '--config', first.file, ...data]);
  assert.equal(await kept.exit, 0, kept.stderr());
  writeFileSync(first.file, 'lost');
  const [config, dataDir] = [join(folder, 'sluice.yaml'), join(folder, 'data')];
  const made = spawnSluice(t, ['bin/sluice.js', 'restore', backup, '--config', config, '--data-dir', dataDir]);
  assert.equal(await made.exit, 0, made.stderr());
  assert.match(made.stdout(), /1 client, 1 backend, .*1 order for a circuit/);

  const second = await runGatewayProcess(t, { yaml: readFileSync(config, 'utf8'), dataDir });
  const read = async (path: string) => JSON.parse((await httpRequest(second.adminUrl + path)).body);
  await eventually('it is ready', async () => (await httpRequest(`${second.adminUrl}/readyz`)).status === 200);
  const client = await read('/v1/api/clients/shop');
  assert.equal(client.capacity, 7);
  const backends = (await read('/v1/api/backends')) as readonly { id: string; circuit: string; source: string }[];
  assert.deepEqual(
    backends.map(({ id, circuit, source }) => [id, circuit, source]),
    [
      ['file', 'open', 'file'],
      ['added', 'closed', 'api'],
    ],
  );
  for (let count = 0; count < 6; count += 1) assert.equal((await httpRequest(second.trafficUrl)).body, 'added');
  await send(second.adminUrl, 'POST', '/v1/api/circuit-breaker/file/reset');
  const bodies = await Promise.all([1, 2, 3, 4, 5, 6].map(async () => (await httpRequest(second.trafficUrl)).body));
  assert.deepEqual([...new Set(bodies)].toSorted(), ['added', 'file']);
});

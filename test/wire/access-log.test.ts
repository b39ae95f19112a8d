/** What is written of a request when it is over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

test('a request is one line: method, path, client, backend, status and time, and nothing of bodies, query and fields', async (t) => {
  const backend = await startRawBackend(rawResponse('the answer'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  await httpRequest(`${traffic.url}/orders?card=4711`, {
    method: 'POST',
    body: 'the question',
    headers: { authorization: 'Bearer abc' },
  });
  const line = await traffic.logged(({ msg }) => msg === 'request');
  const { method, path, client, backend: id, status, tries } = line;
  assert.deepEqual(
    { method, path, client, id, status, tries },
    { method: 'POST', path: '/orders', client: 'ip:127.0.0.1', id: 'b0', status: 200, tries: 1 },
  );
  assert.ok(Number(line['duration_ms']) >= 0);
  assert.doesNotMatch(JSON.stringify(traffic.log), /question|answer|4711|abc/);
});

test('one that went to another backend says how many tries it took', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const gone = `http://127.0.0.1:${await freePort()}`;
  const traffic = await startTraffic(
    poolOf([gone, backend.url]).replace('default:', 'default:\n    algorithm: round-robin'),
  );
  t.after(() => traffic.close());
  await httpRequest(traffic.url);
  const line = await traffic.logged(({ msg }) => msg === 'request');
  assert.deepEqual([line['status'], line['backend'], line['tries']], [200, 'b1', 2]);
});

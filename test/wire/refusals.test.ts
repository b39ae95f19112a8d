import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

test('a malformed escape in the path is 400; so is a path that leads elsewhere once it is resolved', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    `pools:
  open: { backends: [{ url: "${backend.url}" }] }
  inner: { backends: [{ url: "${backend.url}/inner" }] }
routes:
  - { path_prefix: /, pool: open }
  - { path_prefix: /private, pool: inner }`,
  );
  t.after(() => traffic.close());
  const ask = async (path: string): Promise<string> => {
    const client = new RawClient(traffic.port).send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    return (await client.closed()).split('\r\n')[0]!;
  };
  for (const path of ['/%zz', '/%', '/a%2', '/x/../private', '/x/%2e%2e/private', '//private', '/x/..%2fprivate']) {
    assert.equal(await ask(path), 'HTTP/1.1 400 Bad Request', path);
  }
  assert.equal(backend.requests.length, 0);
  for (const path of ['/a/../b', '/a//b', '/a%2Fb', '/...', '/a.b/..c']) {
    assert.equal(await ask(path), 'HTTP/1.1 200 OK', path);
    // Byte for byte.
    assert.equal(backend.requests.at(-1)!.split(' ')[1], path);
  }
});

test('a request that no route takes is 404, a pool without an available backend 503', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'routes: [{ path_prefix: /api, pool: default }]'));
  t.after(() => traffic.close());
  const missing = await httpRequest(`${traffic.url}/`);
  assert.equal(missing.status, 404);
  assert.equal(missing.json()['error'], 'GW_NO_ROUTE');

  traffic.tables.backends.setHealth(0, 'down');
  const refused = await httpRequest(`${traffic.url}/api`);
  assert.equal(refused.status, 503);
  assert.equal(refused.json()['error'], 'GW_NO_BACKEND');
  assert.equal(backend.requests.length, 0);
});

test('a body larger than the route allows is 413, whether its length was declared or not', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'routes: [{ pool: default, max_body_bytes: 1000 }]'));
  t.after(() => traffic.close());
  const declared = await httpRequest(`${traffic.url}/`, { method: 'POST', body: 'x'.repeat(1001) });
  assert.equal(declared.status, 413);
  assert.equal((await httpRequest(`${traffic.url}/`, { method: 'POST', body: 'x'.repeat(1000) })).status, 200);

  const client = new RawClient(traffic.port).send(
    `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`,
  );
  assert.match(await client.until('GW_BODY_TOO_LARGE'), /^HTTP\/1\.1 413 /);
  client.destroy();
  assert.equal(traffic.tables.backends.inFlight(0), 0);
});

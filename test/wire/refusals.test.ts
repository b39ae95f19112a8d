import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

/** Each is refused with this status, the connection is closed, and nothing of it reaches the backend. */
const MALFORMED: readonly (readonly [claim: string, bytes: string, status: number])[] = [
  ['a header of 20 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_480)}\r\n\r\n`, 431],
  [
    'both Content-Length and Transfer-Encoding',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'two different Content-Lengths',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
    400,
  ],
  ['a Content-Length that is no number', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3x\r\n\r\nabc', 400],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400],
  ['a NUL in a field', 'GET / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n', 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['bytes that are no HTTP', '\x16\x03\x01\x02\x00\r\n\r\n', 400],
];

for (const [claim, bytes, status] of MALFORMED) {
  test(`${claim} is refused with ${status}, and nothing of it reaches a backend`, async (t) => {
    const backend = await startRawBackend(rawResponse('ok'));
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url]));
    t.after(() => traffic.close());
    const client = new RawClient(traffic.port).send(bytes);
    const answer = await client.closed();
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
    assert.equal(backend.requests.length, 0);
    // Others are served as before.
    assert.equal((await httpRequest(`${traffic.url}/`)).status, 200);
  });
}

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

test('Expect: 100-continue is answered by the gateway', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n',
  );
  await client.until('HTTP/1.1 100 Continue\r\n\r\n');
  client.send('body');
  await client.until('HTTP/1.1 200 OK');
  client.destroy();
  assert.doesNotMatch(backend.requests[0]!, /expect/i);
});

test('a backend that speaks no HTTP, or a broken one, is 502 and never passed on', async () => {
  for (const bytes of [
    'SSH-2.0-OpenSSH_9.2\r\n',
    'HTTP/1.1 200 OK\r\nBad Field: 1\r\n\r\n',
    'HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n',
  ]) {
    const backend = await startRawBackend(bytes);
    const traffic = await startTraffic(poolOf([backend.url]));
    const answer = await httpRequest(`${traffic.url}/`);
    assert.equal(answer.status, 502, bytes);
    assert.equal(traffic.tables.backends.failures(0), 1);
    await traffic.close();
    await backend.close();
  }
});

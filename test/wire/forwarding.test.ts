import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

test('method, target and body reach the backend byte for byte', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());

  const target = '/a%20b/%C3%A9;x=1?q=%2F&empty=&q=2';
  const client = new RawClient(traffic.port).send(
    `PATCH ${target} HTTP/1.1\r\nHost: example.com\r\nX-Case: Kept\r\nX-Twice: 1\r\nX-Twice: 2\r\n` +
      'Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
  );
  await client.until('ok');
  client.destroy();

  const [request] = backend.requests;
  assert.ok(request!.startsWith(`PATCH ${target} HTTP/1.1\r\n`), request);
  assert.match(request!, /\r\nhost: example\.com\r\n/);
  assert.match(request!, /\r\nX-Case: Kept\r\nX-Twice: 1\r\nX-Twice: 2\r\n/);
  assert.ok(request!.endsWith('\r\n\r\nhello'));
});

test('status, reason, fields and body come back unchanged, several Set-Cookie stay several', async (t) => {
  const backend = await startRawBackend(
    rawResponse('gone', '410 Long Gone', ['Set-Cookie: a=1', 'Set-Cookie: b=2', 'X-Answer: 42']),
  );
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());

  const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const answer = await client.closed();
  assert.ok(answer.startsWith('HTTP/1.1 410 Long Gone\r\n'), answer);
  assert.match(answer, /\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Answer: 42\r\n/);
  assert.ok(answer.endsWith('\r\n\r\ngone'));
});

test('a HEAD answer and a 304 have no body, and the connection can be used again', async (t) => {
  const backend = await startRawBackend((request, socket) => {
    if (request.startsWith('HEAD')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    else if (request.includes('/same')) socket.write('HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n');
    else socket.write(rawResponse('third'));
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());

  const client = new RawClient(traffic.port).send('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n');
  const head = await client.until('\r\n\r\n');
  assert.match(head, /\r\nContent-Length: 1000\r\n/);
  client.received = '';
  client.send('GET /same HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await client.until('\r\n\r\n'), /^HTTP\/1\.1 304 Not Modified\r\n/);
  client.received = '';
  client.send('GET /third HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await client.until('third'), /^HTTP\/1\.1 200 OK\r\n/);
  client.destroy();
});

test('the backend learns who asked, and a client cannot claim to be somebody else', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());

  await httpRequest(`${traffic.url}/`, {
    headers: {
      host: 'shop.example',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'https',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'x-request-id': 'my-id-1',
      via: '1.1 edge',
    },
  });
  const request = backend.requests[0]!.toLowerCase();
  assert.match(request, /\r\nx-forwarded-for: 127\.0\.0\.1\r\n/);
  assert.match(request, /\r\nx-forwarded-host: shop\.example\r\n/);
  assert.match(request, /\r\nx-forwarded-proto: http\r\n/);
  assert.match(request, /\r\nvia: 1\.1 edge, 1\.1 sluice-[0-9a-f]{8}\r\n/);
  assert.match(request, /\r\nx-request-id: my-id-1\r\n/);
  assert.doesNotMatch(request, /6\.6\.6\.6/);
});

test('a trusted proxy is believed, and its peer is added to the chain', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(`server: { trust_proxy: ["127.0.0.0/8"] }\n${poolOf([backend.url])}`);
  t.after(() => traffic.close());

  await httpRequest(`${traffic.url}/`, {
    headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' },
  });
  assert.match(backend.requests[0]!, /\r\nx-forwarded-for: 203\.0\.113\.9, 127\.0\.0\.1\r\n/i);
  assert.match(backend.requests[0]!, /\r\nx-forwarded-proto: https\r\n/i);
  const line = await traffic.logged((each) => each['msg'] === 'request');
  assert.equal(line['client'], 'ip:203.0.113.9');
});

test('fields of the connection stay on the connection, both ways', async (t) => {
  const backend = await startRawBackend(
    rawResponse('ok', '200 OK', ['Connection: X-Hop, keep-alive', 'X-Hop: 1', 'Keep-Alive: timeout=9', 'X-Stays: 1']),
  );
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());

  const answer = await httpRequest(`${traffic.url}/`, {
    headers: {
      connection: 'x-secret, x-forwarded-for, close',
      'x-secret': '1',
      'keep-alive': '300',
      'proxy-connection': 'keep-alive',
      'proxy-authorization': 'Basic eA==',
      te: 'gzip',
      'x-stays': '1',
    },
  });
  const request = backend.requests[0]!.toLowerCase();
  assert.doesNotMatch(request, /x-secret|\r\nkeep-alive:|proxy-|\r\nte:/);
  assert.match(request, /\r\nx-stays: 1\r\n/);
  // Listing the gateway's own fields does not remove them.
  assert.match(request, /\r\nx-forwarded-for: 127\.0\.0\.1\r\n/);
  assert.equal(answer.headers['x-hop'], undefined);
  assert.equal(answer.headers['x-stays'], '1');
  assert.notEqual(answer.headers['keep-alive'], 'timeout=9');
});

test("a base path, a stripped prefix and the backend's own host are put together with single slashes", async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    `pools:
  api: { preserve_host: false, backends: [{ url: "${backend.url}/base/" }] }
routes:
  - { path_prefix: /api, pool: api, strip_prefix: true }
  - { path_prefix: /, pool: api }`,
  );
  t.after(() => traffic.close());

  for (const path of ['/api/users?x=1', '/api', '/api?x=1', '/apix', '/']) await httpRequest(traffic.url + path);
  assert.deepEqual(
    backend.requests.map((request) => request.split(' ')[1]),
    ['/base/users?x=1', '/base', '/base?x=1', '/base/apix', '/base/'],
  );
  assert.match(backend.requests[0]!, new RegExp(`\\r\\nhost: 127\\.0\\.0\\.1:${backend.port}\\r\\n`, 'i'));
});

test('host, path and method choose the pool', async (t) => {
  const names = ['any', 'api', 'shop', 'writes'];
  const backends = await Promise.all(names.map((name) => startRawBackend(rawResponse(name))));
  t.after(() => Promise.all(backends.map((backend) => backend.close())));
  const pools = names.map((name, at) => `  ${name}: { backends: [{ url: "${backends[at]!.url}" }] }`).join('\n');
  const traffic = await startTraffic(
    `pools:\n${pools}
routes:
  - { path_prefix: /, pool: any }
  - { path_prefix: /api, pool: api }
  - { path_prefix: /api, methods: [POST, PUT], pool: writes }
  - { host: "*.shop.example", pool: shop }`,
  );
  t.after(() => traffic.close());

  const ask = async (path: string, host = 'x', method = 'GET'): Promise<string> =>
    (await httpRequest(traffic.url + path, { method, headers: { host } })).body;
  assert.equal(await ask('/'), 'any');
  assert.equal(await ask('/api'), 'api');
  assert.equal(await ask('/api/x'), 'api');
  assert.equal(await ask('/apix'), 'any');
  assert.equal(await ask('/api', 'x', 'PUT'), 'writes');
  assert.equal(await ask('/api', 'www.shop.example:8080'), 'shop');
});

test('a request without User-Agent arrives without one, with one it keeps it', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.until('ok');
  client.destroy();
  await httpRequest(traffic.url, { headers: { 'user-agent': 'curl/8' } });
  assert.doesNotMatch(backend.requests[0]!, /user-agent/i);
  assert.match(backend.requests[1]!, /\r\nuser-agent: curl\/8\r\n/i);
});

test('200 requests in a row use a few connections to the backend', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'rate_limit: { default: { capacity: 1000 } }'));
  t.after(() => traffic.close());
  for (let count = 0; count < 200; count += 1) await httpRequest(`${traffic.url}/`);
  assert.equal(backend.requests.length, 200);
  assert.ok(backend.sockets.length <= 3, `${backend.sockets.length} connections`);
});

test('X-Origin-Host names the backend where the pool asks for it, whatever the client says', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  for (const originHost of [true, false]) {
    const traffic = await startTraffic(poolOf([backend.url], `    origin_host: ${originHost}\n`));
    t.after(() => traffic.close());
    const client = new RawClient(traffic.port).send(
      'GET / HTTP/1.1\r\nHost: example.com\r\nX-Origin-Host: mine\r\nConnection: close\r\n\r\n',
    );
    await client.closed();
  }
  const seen = backend.requests.map((request) => /\r\nx-origin-host: (.*)\r\n/i.exec(request)?.[1]);
  assert.deepEqual(seen, [new URL(backend.url).host, 'mine']);
});

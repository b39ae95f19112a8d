import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';
import { startUpgradeBackend, SWITCHED, upgradeRequest } from '../support/upgrade-backend.ts';

const FORGED = [
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Ssl',
  'X-FORWARDED-USER',
  'x-forwarded-access-token',
  'X-Forwarded-Tls-Client-Cert',
  'X-Real-IP',
  'X-Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'X-Cluster-Client-IP',
  'X-Original-URL',
  'X-Rewrite-URL',
  'Forwarded',
  'Proxy',
  'X_Forwarded_For',
  'X-Forwarded_For',
  'x_real_ip',
  'X.Real.IP',
  'Content_Length',
  'Transfer_Encoding',
  'X_Request_Id',
  'X_Api_Key',
  'X_CLIENT_ID',
].map((name) => `${name}: forged`);
const LINES = FORGED.map((line) => `${line}\r\n`).join('');

test('no statement about a client that the gateway cannot vouch for reaches a backend', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  await new RawClient(traffic.port)
    .send(`GET / HTTP/1.1\r\nHost: gateway:8080\r\nConnection: close\r\n${LINES}X_Own: kept\r\n\r\n`)
    .closed();
  const head = backend.requests[0]!;
  assert.doesNotMatch(head, /forged/);
  assert.match(head, /\r\nX_Own: kept\r\n/);
  assert.match(head, /\r\nx-forwarded-for: 127\.0\.0\.1\r\n/);
  assert.match(head, /\r\nx-forwarded-port: 8080\r\n/);
});

test('nor in a request for another protocol', async (t) => {
  const backend = await startUpgradeBackend((socket) => socket.end(SWITCHED));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  await new RawClient(traffic.port).send(upgradeRequest('/', FORGED)).until('101 Switching Protocols');
  assert.doesNotMatch(backend.heads[0]!, /forged/);
});

test('nor behind a body, where back ends fold names alike', async (t) => {
  let received = '';
  const backend = await startRawServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (/\r\n0\r\n(.+\r\n)*\r\n$/.test(received)) socket.write(rawResponse('ok'));
    });
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  await new RawClient(traffic.port)
    .send(
      'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n' +
        `4\r\nbody\r\n0\r\n${LINES}X-API-Key: forged\r\nX_Sum: forged\r\nX-Sum: 42\r\n\r\n`,
    )
    .closed();
  assert.ok(received.endsWith('\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n'), received);
});

test('a trusted proxy’s statements are passed on, but no second spelling of fields that the gateway sets itself', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'server: { trust_proxy: [127.0.0.1] }\n'));
  t.after(() => traffic.close());
  await new RawClient(traffic.port)
    .send(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-User: ann\r\nX-Forwarded-Port: 8443\r\n' +
        'X-Forwarded-For: 192.0.2.1\r\nX_Forwarded_For: forged\r\nProxy: forged\r\nContent_Length: forged\r\n\r\n',
    )
    .closed();
  const head = backend.requests[0]!;
  assert.doesNotMatch(head, /forged/);
  assert.match(head, /\r\nX-Forwarded-User: ann\r\n/);
  assert.match(head, /\r\nx-forwarded-port: 8443\r\n/);
  assert.match(head, /\r\nx-forwarded-for: 192\.0\.2\.1, 127\.0\.0\.1\r\n/);
});

test('a backend behind a route that strips its prefix is sent the prefix', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const routes =
    'routes:\n  - { path_prefix: /, pool: default }\n  - { path_prefix: /api, pool: default, strip_prefix: true }\n';
  const traffic = await startTraffic(poolOf([backend.url], routes));
  t.after(() => traffic.close());
  for (const path of ['/api/x', '/x']) {
    await new RawClient(traffic.port)
      .send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-Prefix: /forged\r\n\r\n`)
      .closed();
  }
  const prefixes = backend.requests.map((head) => /^x-forwarded-prefix: (.*)\r$/im.exec(head)?.[1]);
  assert.deepEqual(prefixes, ['/api', undefined]);
});

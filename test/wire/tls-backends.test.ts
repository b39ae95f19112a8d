import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { selfSigned } from '../support/self-signed.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

async function startTlsBackend(t: TestContext) {
  const names: (string | false | null | undefined)[] = [];
  const hosts: (string | undefined)[] = [];
  const server: Server = createServer(selfSigned, (request, response) => {
    hosts.push(request.headers.host);
    response.end('over TLS');
  });
  server.on('secureConnection', (socket: TLSSocket) => names.push(socket.servername));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://localhost:${port}`, byAddress: `https://127.0.0.1:${port}`, names, hosts };
}

test('a certificate that nobody trusts is not trusted: 502, and nothing is sent', async (t) => {
  const { url, hosts } = await startTlsBackend(t);
  const traffic = await startTraffic(poolOf([url]));
  t.after(() => traffic.close());
  const answer = await httpRequest(`${traffic.url}/`);
  assert.equal(answer.status, 502);
  assert.equal(answer.json()['error'], 'GW_BACKEND_UNREACHABLE');
  assert.equal(hosts.length, 0);
});

test('the key that says so takes any certificate', async (t) => {
  const { url } = await startTlsBackend(t);
  const traffic = await startTraffic(poolOf([url], '    insecure_skip_tls_verify: true'));
  t.after(() => traffic.close());
  assert.equal((await httpRequest(`${traffic.url}/`)).body, 'over TLS');
});

test('TLS names the backend, whatever Host the client sends, and its connection is kept', async (t) => {
  const { url, names, hosts } = await startTlsBackend(t);
  const traffic = await startTraffic(poolOf([url], '    insecure_skip_tls_verify: true'));
  t.after(() => traffic.close());
  for (const host of ['one.example', 'two.example', 'three.example']) {
    assert.equal((await httpRequest(`${traffic.url}/`, { headers: { host } })).status, 200);
  }
  assert.deepEqual(hosts, ['one.example', 'two.example', 'three.example']);
  assert.deepEqual(names, ['localhost']);
});

test('a backend given by its address is asked for no name, whatever Host the client sends, and its connection is kept', async (t) => {
  const { byAddress, names, hosts } = await startTlsBackend(t);
  const traffic = await startTraffic(poolOf([byAddress], '    insecure_skip_tls_verify: true'));
  t.after(() => traffic.close());
  for (const host of ['127.0.0.1', 'shop.example', 'localhost', '127.0.0.1']) {
    assert.equal((await httpRequest(`${traffic.url}/`, { headers: { host } })).status, 200);
  }
  assert.deepEqual(hosts, ['127.0.0.1', 'shop.example', 'localhost', '127.0.0.1']);
  assert.deepEqual(names, [false]);
});

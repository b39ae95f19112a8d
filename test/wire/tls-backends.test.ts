import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { probe } from '../../src/health/control/probe.ts';
import { HEALTH_CHECK } from '../support/pool-settings.ts';
import { pemFolder } from '../support/pem-folder.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient } from '../support/raw-socket.ts';
import { selfSigned } from '../support/self-signed.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';
import { upgradeRequest } from '../support/upgrade-backend.ts';

interface TlsOptions extends SecureContextOptions {
  readonly host?: string;
  /** Only for clients with a certificate of this authority. */
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
}

async function startTlsBackend(t: TestContext, options: TlsOptions = {}) {
  const names: (string | false | null | undefined)[] = [];
  const hosts: (string | undefined)[] = [];
  const server: Server = createServer({ ...selfSigned, ...options }, (request, response) => {
    hosts.push(request.headers.host);
    response.end('over TLS');
  });
  server.on('upgrade', (_request, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nswitched');
  });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket: TLSSocket) => names.push(socket.servername));
  server.listen(0, options.host ?? '127.0.0.1');
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

test('a backend given by its address gets no SNI, whatever Host the client sends, and its connection is kept', async (t) => {
  const { byAddress, names, hosts } = await startTlsBackend(t);
  const traffic = await startTraffic(poolOf([byAddress], '    insecure_skip_tls_verify: true'));
  t.after(() => traffic.close());
  for (const host of ['127.0.0.1', 'shop.example', 'localhost', '127.0.0.1']) {
    assert.equal((await httpRequest(`${traffic.url}/`, { headers: { host } })).status, 200);
  }
  assert.deepEqual(hosts, ['127.0.0.1', 'shop.example', 'localhost', '127.0.0.1']);
  assert.deepEqual(names, [false]);
});

/** The results of a request, an upgrade and both kinds of probe for a backend with these TLS keys. */
async function triedAllWays(t: TestContext, url: string, tls: object) {
  const traffic = await startTraffic(poolOf([url], `    tls: ${JSON.stringify(tls)}`));
  t.after(() => traffic.close());
  const pool = traffic.settings.pools[0]!;
  const probed = async (type: 'http' | 'tcp'): Promise<boolean> => {
    const check = { ...HEALTH_CHECK, type, path: '/', enabled: true };
    const address = new URL(url).hostname.replace('localhost', '127.0.0.1');
    return (await probe(url, check, new AbortController().signal, { ...pool, address })).ok;
  };
  return {
    request: (await httpRequest(`${traffic.url}/`)).status,
    upgrade: Number(/^HTTP\/1\.1 (\d+)/.exec(await new RawClient(traffic.port).send(upgradeRequest()).closed())![1]),
    http: await probed('http'),
    tcp: await probed('tcp'),
  };
}

const GOOD = { request: 200, upgrade: 101, http: true, tcp: true };
const REFUSED = { request: 502, upgrade: 502, http: false, tcp: false };

test('an authority of its own makes a certificate trusted, by name and by address', async (t) => {
  const ca_file = pemFolder(t)('ca.pem', selfSigned.cert);
  const { url, byAddress, names } = await startTlsBackend(t);
  assert.deepEqual(await triedAllWays(t, url, { ca_file }), GOOD);
  assert.deepEqual([...new Set(names)], ['localhost']);
  names.length = 0;
  assert.deepEqual(await triedAllWays(t, byAddress, { ca_file }), GOOD);
  assert.deepEqual([...new Set(names)], [false]);
});

test('a certificate without the address is refused, unless server_name is in it', async (t) => {
  const ca_file = pemFolder(t)('ca.pem', selfSigned.cert);
  const { byAddress, names } = await startTlsBackend(t, { host: '127.0.0.2' });
  const url = byAddress.replace('127.0.0.1', '127.0.0.2');
  assert.deepEqual(await triedAllWays(t, url, { ca_file }), REFUSED);
  names.length = 0;
  assert.deepEqual(await triedAllWays(t, url, { ca_file, server_name: 'localhost' }), GOOD);
  assert.deepEqual([...new Set(names)], ['localhost']);
});

test('a backend that asks for a certificate gets the one of its pool', async (t) => {
  const write = pemFolder(t);
  const [ca_file, key_file] = [write('ca.pem', selfSigned.cert), write('client.key', selfSigned.key)];
  const { url } = await startTlsBackend(t, {
    requestCert: true,
    rejectUnauthorized: true,
    ca: selfSigned.cert,
    // Later versions refuse a client only after the handshake.
    maxVersion: 'TLSv1.2',
  });
  assert.deepEqual(await triedAllWays(t, url, { ca_file }), REFUSED);
  assert.deepEqual(await triedAllWays(t, url, { ca_file, cert_file: ca_file, key_file }), GOOD);
});

test('a backend with only a TLS version below the minimum is refused', async (t) => {
  const ca_file = pemFolder(t)('ca.pem', selfSigned.cert);
  const { url } = await startTlsBackend(t, { maxVersion: 'TLSv1.2' });
  assert.deepEqual(await triedAllWays(t, url, { ca_file }), GOOD);
  assert.deepEqual(await triedAllWays(t, url, { ca_file, min_version: 'TLSv1.3' }), REFUSED);
});

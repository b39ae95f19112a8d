/** The TLS port: handshakes by name and protocol, and HTTP/1.1 over what comes of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { THREAD_COUNTER } from '../../../src/runtime/metrics-table.ts';
import { eventually } from '../../support/eventually.ts';
import { shareCertificate } from '../../../src/certificates/shared-certificate.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';
import { proxyV2, v4Payload } from '../../support/proxy-header.ts';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../../support/raw-socket.ts';
import { dialTls, secured, sessionOf } from '../../support/tls-client.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';
import { echo, startUpgradeBackend, upgradeRequest } from '../../support/upgrade-backend.ts';

const GET = 'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n';
const ROOT = authority();
const SHOP = ROOT.issue(['shop.test']);
const WILDCARD = ROOT.issue(['*.wild.test']);
const ALL = [SHOP, WILDCARD, ROOT.issue(['127.0.0.1'])];

interface Wanted {
  readonly tls?: readonly string[];
  readonly more?: string;
}

async function start(t: TestContext, url: string, { tls = [], more = '' }: Wanted = {}) {
  const file = pemFolder(t);
  const listed = ALL.map(
    ({ cert, key }, at) => `    - { cert_file: ${file(`${at}.pem`, cert)}, key_file: ${file(`${at}.key`, key)} }\n`,
  );
  const keys = ['port: 0', ...tls].map((line) => `  ${line}\n`).join('');
  const traffic = await startTraffic(
    poolOf([url], `rate_limit: { enabled: false }\ntls:\n${keys}  certificates:\n${listed.join('')}${more}`),
  );
  t.after(() => traffic.close());
  const port = traffic.tlsPort!;
  return { traffic, dial: (options: ConnectionOptions = {}) => dialTls(t, port, { ...TRUSTED, ...options }) };
}

const TRUSTED: ConnectionOptions = { ca: ROOT.cert, servername: 'shop.test' };

async function startBackend(t: TestContext, answer: Parameters<typeof startRawBackend>[0] = rawResponse('hello')) {
  const backend = await startRawBackend(answer);
  t.after(() => backend.close());
  return backend;
}

/** What a client sends first. */
async function clientHello(options: ConnectionOptions = {}): Promise<Buffer> {
  const received = Promise.withResolvers<Buffer>();
  const server = await startRawServer((socket) => void socket.once('data', received.resolve));
  const client = connectTls({ port: server.port, host: '127.0.0.1', servername: 'shop.test', ...options });
  client.on('error', () => undefined);
  const hello = await received.promise;
  client.destroy();
  await server.close();
  return hello;
}

/** The names in the certificate that the server showed. */
function servedNames(socket: TLSSocket): string | undefined {
  return socket.getPeerCertificate().subjectaltname;
}

test('requests over TLS are forwarded, and the backend learns of the scheme', async (t) => {
  const backend = await startBackend(t);
  const { dial } = await start(t, backend.url);
  const client = dial();
  await secured(client.socket);
  assert.equal(client.socket.getProtocol(), 'TLSv1.3');
  assert.match(await client.send(GET).until('hello'), /^HTTP\/1\.1 200 OK\r\n/);
  await client.send(GET).until((received) => received.split('hello').length === 3);
  assert.match(backend.requests[0]!, /\r\nx-forwarded-proto: https\r\n/i);
  assert.match(backend.requests[0]!, /\r\nx-forwarded-port: 443\r\n/i);
  assert.equal(backend.requests.length, 2);
});

test('a request that arrives byte by byte, and many that arrive at once', async (t) => {
  const backend = await startBackend(t, (request, socket) => void socket.write(rawResponse(request.split(' ')[1]!)));
  const { dial } = await start(t, backend.url);
  const client = dial();
  await secured(client.socket);
  for (const byte of GET) client.send(byte);
  await client.until('\r\n\r\n/');
  const all = Array.from({ length: 5 }, (_, at) => GET.replace('/', `/n${at}`)).join('');
  const received = await client.send(all).until('/n4');
  assert.deepEqual(received.match(/\/n\d/g), ['/n0', '/n1', '/n2', '/n3', '/n4']);
});

for (const [servername, names] of [
  ['shop.test', 'DNS:shop.test'],
  ['SHOP.test', 'DNS:shop.test'],
  ['a.wild.test', 'DNS:*.wild.test'],
] as const) {
  test(`a client that asks for ${servername} gets its certificate`, async (t) => {
    const backend = await startBackend(t);
    const { dial } = await start(t, backend.url);
    assert.equal(servedNames(await secured(dial({ servername }).socket)), names);
  });
}

test('a client that names no server gets the certificate of the address that it connected to', async (t) => {
  const backend = await startBackend(t);
  const { dial } = await start(t, backend.url);
  const { socket } = dial({ servername: '', checkServerIdentity: () => undefined });
  assert.equal(servedNames(await secured(socket)), 'IP Address:127.0.0.1');
});

for (const servername of ['b.a.wild.test', 'wild.test', 'other.test']) {
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    test(`a name without certificate is refused with an alert: ${servername}, ${maxVersion}`, async (t) => {
      const backend = await startBackend(t);
      const { traffic, dial } = await start(t, backend.url);
      await assert.rejects(secured(dial({ servername, maxVersion }).socket), { code: /UNRECOGNIZED_NAME/ });
      const line = await traffic.logged(({ msg }) => msg === 'connections refused');
      assert.equal(line['reason'], 'tls: no certificate for the name');
    });
  }
}

test('an unknown name gets the first certificate if the configuration says so', async (t) => {
  const backend = await startBackend(t);
  const { dial } = await start(t, backend.url, { tls: ['unknown_name: default'] });
  const { socket } = dial({ servername: 'other.test', checkServerIdentity: () => undefined });
  assert.equal(servedNames(await secured(socket)), 'DNS:shop.test');
});

test('protocols: HTTP/1.0 clients are served, clients that offer none are, others get an alert', async (t) => {
  const backend = await startBackend(t);
  const { dial } = await start(t, backend.url);
  const old = await secured(dial({ ALPNProtocols: ['http/1.0'] }).socket);
  assert.equal(old.alpnProtocol, 'http/1.0');
  const none = dial();
  assert.equal((await secured(none.socket)).alpnProtocol, false);
  await none.send(GET).until('hello');
  const { socket } = dial({ ALPNProtocols: ['spdy/3'] });
  await assert.rejects(secured(socket), { code: /NO_APPLICATION_PROTOCOL/ });
});

test('versions below min_version, and ciphers without forward secrecy, are refused', async (t) => {
  const backend = await startBackend(t);
  const { dial } = await start(t, backend.url);
  await assert.rejects(
    secured(dial({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }).socket),
  );
  await assert.rejects(secured(dial({ maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }).socket));
  const strict = await start(t, backend.url, { tls: ['min_version: TLSv1.3'] });
  await assert.rejects(secured(strict.dial({ maxVersion: 'TLSv1.2' }).socket), { code: /PROTOCOL_VERSION/ });
});

test('sessions are resumed by tickets', async (t) => {
  const backend = await startBackend(t);
  const { dial } = await start(t, backend.url);
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const first = dial({ maxVersion });
    const session = await sessionOf(first.socket);
    first.destroy();
    assert.equal((await secured(dial({ maxVersion, session }).socket)).isSessionReused(), true, maxVersion);
  }
});

test('a handshake that does not come ends after handshake_timeout', async (t) => {
  const backend = await startBackend(t);
  const { traffic } = await start(t, backend.url, { tls: ['handshake_timeout: 50ms'] });
  const silent = new RawClient(traffic.tlsPort!);
  const half = new RawClient(traffic.tlsPort!).send(Buffer.from('160301020001', 'hex'));
  assert.equal(await silent.closed(), '');
  assert.equal(await half.closed(), '');
  const line = await traffic.logged(({ msg }) => msg === 'connections refused');
  assert.equal(line['reason'], 'tls: the handshake took too long');
});

test('a client that sends its hello and nothing more is cut off after handshake_timeout', async (t) => {
  const backend = await startBackend(t);
  const { traffic } = await start(t, backend.url, { tls: ['handshake_timeout: 50ms'] });
  const hello = await clientHello();
  const client = new RawClient(traffic.tlsPort!).send(hello);
  await client.closed();
  const line = await traffic.logged(({ msg }) => msg === 'connections refused');
  assert.equal(line['reason'], 'tls: the handshake took too long');
});

test('a handshake that arrives byte by byte', async (t) => {
  const backend = await startBackend(t);
  const { traffic } = await start(t, backend.url);
  const raw = connect({ port: traffic.tlsPort!, host: '127.0.0.1', noDelay: true });
  const drip = new Duplex({
    write(chunk: Buffer, _encoding, done) {
      for (const byte of chunk) raw.write(Buffer.of(byte));
      done();
    },
    read() {},
    destroy(error, done) {
      raw.destroy();
      done(error);
    },
  });
  raw.on('data', (chunk) => drip.push(chunk));
  await dialTls(t, 0, { ...TRUSTED, socket: drip as Socket })
    .send(GET)
    .until('hello');
});

test('HTTP without TLS, rubbish, and clients that leave in the handshake stop nothing', async (t) => {
  const backend = await startBackend(t);
  const { traffic, dial } = await start(t, backend.url);
  const plain = await new RawClient(traffic.tlsPort!).send(GET).closed();
  assert.match(plain, /^HTTP\/1\.1 400 Bad Request\r\n[^]*GW_TLS_REQUIRED/);
  await new RawClient(traffic.tlsPort!).send('\0'.repeat(1000)).closed();
  const leaving = connect(traffic.tlsPort!, '127.0.0.1');
  await once(leaving, 'connect');
  leaving.resetAndDestroy();
  await dial().send(GET).until('hello');
  await eventually(
    'only the last one counts as open',
    () => traffic.tables.metrics.level(0, THREAD_COUNTER.connections) === 1,
  );
});

test('a client that resets its connection in the handshake is logged with its address', async (t) => {
  const backend = await startBackend(t);
  const { traffic } = await start(t, backend.url);
  const client = connect(traffic.tlsPort!, '127.0.0.1');
  client.on('error', () => undefined);
  client.write(await clientHello());
  await once(client, 'data');
  client.resetAndDestroy();
  const line = await traffic.logged(({ msg }) => msg === 'connections refused');
  assert.equal(line['peer'], '127.0.0.1');
  assert.match(String(line['reason']), /^tls: (the handshake broke off|ECONNRESET)$/);
});

for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
  test(`a client that ends its side in the handshake frees its connection at once, ${maxVersion}`, async (t) => {
    const backend = await startBackend(t);
    const { traffic } = await start(t, backend.url);
    const client = new RawClient(traffic.tlsPort!).send(await clientHello({ maxVersion }));
    await client.until((received) => received !== '');
    client.socket.end();
    await client.closed();
    const line = await traffic.logged(({ msg }) => msg === 'connections refused');
    assert.match(String(line['reason']), /broke off/);
    await eventually('it is not counted', () => traffic.tables.metrics.level(0, THREAD_COUNTER.connections) === 0);
  });
}

test('the address in a PROXY header before TLS is the client', async (t) => {
  const backend = await startBackend(t);
  const { traffic } = await start(t, backend.url, {
    more: 'server: { proxy_protocol: v2, proxy_protocol_from: [127.0.0.0/8] }\n',
  });
  const raw = connect(traffic.tlsPort!, '127.0.0.1');
  raw.write(proxyV2(0x21, 0x11, v4Payload([9, 8, 7, 6])));
  const client = dialTls(t, 0, { ...TRUSTED, socket: raw });
  await client.send(GET).until('hello');
  assert.match(backend.requests[0]!, /\r\nx-forwarded-for: 9\.8\.7\.6\r\n/i);
});

test('large bodies pass both ways unchanged', async (t) => {
  const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7919) & 0xff));
  const server = await startRawServer((socket) => {
    const hash = createHash('sha256');
    let bytes = 0;
    socket.on('data', (chunk) => {
      let piece = chunk;
      if (bytes === 0) piece = chunk.subarray(chunk.indexOf('\r\n\r\n') + 4);
      bytes += piece.length + (bytes === 0 ? 1 : 0);
      hash.update(piece);
      if (bytes - 1 !== body.length) return;
      socket.write(`HTTP/1.1 200 OK\r\nX-Hash: ${hash.digest('hex')}\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
    });
  });
  t.after(() => server.close());
  const { dial } = await start(t, server.url);
  const client = dial().send(`POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${body.length}\r\n\r\n`).send(body);
  const received = await client.until(
    (text) =>
      text.length > body.length &&
      text.split('\r\n\r\n', 2)[1] !== undefined &&
      text.length - text.indexOf('\r\n\r\n') - 4 === body.length,
  );
  const hash = createHash('sha256').update(body).digest('hex');
  assert.match(received.slice(0, 1000), new RegExp(`x-hash: ${hash}`, 'i'));
  const answered = Buffer.from(received.slice(received.indexOf('\r\n\r\n') + 4), 'latin1');
  assert.equal(createHash('sha256').update(answered).digest('hex'), hash);
});

test('an answer that its backend cuts is cut for the client, and the thread lives on', async (t) => {
  const backend = await startBackend(t, (request, socket) => {
    const isChunked = request.includes('/chunked');
    socket.end(
      `HTTP/1.1 200 OK\r\n${isChunked ? 'Transfer-Encoding: chunked' : 'Content-Length: 100'}\r\n\r\n${isChunked ? '4\r\nsome\r\n' : 'some'}`,
    );
  });
  const { traffic, dial } = await start(t, backend.url);
  for (const version of ['1.1', '1.0']) {
    for (const path of ['/chunked', '/sized']) {
      const client = dial();
      const ended = once(client.socket, 'end').then(
        () => 'ended',
        () => 'broken',
      );
      const received = await client.send(`GET ${path} HTTP/${version}\r\nHost: shop.test\r\n\r\n`).closed();
      assert.match(received, /some/);
      assert.doesNotMatch(received, /\r\n0\r\n\r\n/);
      // The end of a body without length or chunks is that of the connection.
      if (version === '1.0' && path === '/chunked') assert.equal(await ended, 'broken');
    }
  }
  assert.equal(traffic.tables.backends.inFlight(0), 0);
});

test('a tunnel over TLS passes bytes both ways', async (t) => {
  const backend = await startUpgradeBackend(echo);
  t.after(() => backend.close());
  const { dial } = await start(t, backend.url);
  const client = dial().send(upgradeRequest());
  const answer = await client.until('\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 101 /);
  const every = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
  client.send(every);
  const received = await client.until((text) => text.length >= answer.length + 256);
  assert.deepEqual(Buffer.from(received.slice(-256), 'latin1'), every);
});

test('a client that takes nothing of its answer is cut off', async (t) => {
  const backend = await startBackend(t, rawResponse('x'.repeat(20_000_000)));
  const { traffic, dial } = await start(t, backend.url, {
    more: 'server: { write_timeout: 200ms, min_response_rate: 0 }\n',
  });
  const client = dial();
  await secured(client.socket);
  client.socket.pause();
  client.send(GET);
  const line = await traffic.logged(({ msg }) => msg === 'connections refused');
  assert.equal(line['reason'], 'slow_reader');
});

test('an idle connection is closed after keep_alive', async (t) => {
  const backend = await startBackend(t);
  const { dial } = await start(t, backend.url, { more: 'server: { keep_alive: 1s }\n' });
  const client = dial();
  await client.send(GET).until('hello');
  await client.closed();
});

test('a certificate that replaces another is served to new connections; the open ones live on', async (t) => {
  const backend = await startBackend(t);
  const { traffic, dial } = await start(t, backend.url);
  const open = dial();
  const before = (await secured(open.socket)).getPeerCertificate().fingerprint256;
  const next = ROOT.issue(['shop.test']);
  const current = traffic.certificates.find(({ hosts }) => hosts.includes('shop.test'))!;
  traffic.thread.handle({
    type: 'certificates',
    id: 1,
    set: [shareCertificate({ ...current, version: current.version + 1, chainPem: next.cert, keyPem: next.key })],
    removed: [],
  });
  await open.send(GET).until('hello');
  const fresh = (await secured(dial().socket)).getPeerCertificate().fingerprint256;
  assert.notEqual(fresh, before);
});

test('a stop lets the running request end and closes the rest', async (t) => {
  let answer = (): void => {};
  const asked = Promise.withResolvers<void>();
  const backend = await startBackend(t, (_request, socket) => {
    answer = () => void socket.write(rawResponse('last'));
    asked.resolve();
  });
  const { traffic, dial } = await start(t, backend.url);
  const idle = dial();
  await secured(idle.socket);
  const running = dial().send(GET);
  await asked.promise;
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: 10_000 });
  assert.equal(await idle.closed(), '');
  answer();
  const received = await running.closed();
  assert.match(received, /connection: close/i);
  assert.match(received, /last$/);
  await eventually('it has stopped', () => traffic.messages.some(({ type }) => type === 'stopped'));
});

/** HTTP/2 on the TLS port, by ALPN, next to HTTP/1.1. */
import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { startEchoBackend } from '../../support/echo-backend.ts';
import { askHttp2 } from '../../support/http2-client.ts';
import { PREFACE } from '../../support/http2-frames.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';
import { proxyV2, v4Payload } from '../../support/proxy-header.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { dialTls, secured } from '../../support/tls-client.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

const ROOT = authority();
const SHOP = ROOT.issue(['shop.test']);
const TRUSTED = { ca: ROOT.cert, servername: 'shop.test' };

async function start(t: TestContext, url: string, more = '') {
  const file = pemFolder(t);
  const pair = `cert_file: ${file('a.pem', SHOP.cert)}, key_file: ${file('a.key', SHOP.key)}`;
  const traffic = await startTraffic(poolOf([url], `tls: { port: 0, certificates: [{ ${pair} }] }\n${more}`));
  t.after(() => traffic.close());
  return { traffic, port: traffic.tlsPort! };
}

function dial(t: TestContext, port: number, socket?: Socket) {
  const session = connectHttp2(`https://shop.test:${port}`, {
    createConnection: () =>
      connectTls({
        ...(socket === undefined ? { host: '127.0.0.1', port } : { socket }),
        ...TRUSTED,
        ALPNProtocols: ['h2'],
      }),
  });
  session.on('error', () => undefined);
  t.after(() => session.destroy());
  return session;
}

test('a client that offers h2 gets it, and backends learn of TLS', async (t) => {
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  const { port } = await start(t, backend.url);
  const client = dial(t, port);
  const body = Buffer.alloc(2_000_000, 'abc').toString();
  const answer = await askHttp2(client, '/x', { body, headers: { ':authority': 'shop.test' } });
  assert.ok(answer.body === body);
  const { headers } = backend.seen[0]!;
  assert.equal(headers['x-forwarded-proto'], 'https');
  assert.equal(headers['x-forwarded-port'], '443');
  assert.equal(headers.host, 'shop.test');
});

test('HTTP/1.1 remains for clients that prefer it, and for all where HTTP/2 is off', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const { port } = await start(t, backend.url);
  const old = dialTls(t, port, { ...TRUSTED, ALPNProtocols: ['http/1.1'] });
  assert.equal((await secured(old.socket)).alpnProtocol, 'http/1.1');
  await old.send('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n').until('ok');
  const off = await start(t, backend.url, 'server: { http2: { enabled: false } }');
  const both = dialTls(t, off.port, { ...TRUSTED, ALPNProtocols: ['h2', 'http/1.1'] });
  assert.equal((await secured(both.socket)).alpnProtocol, 'http/1.1');
});

test('HTTP/2 that was not agreed on is refused, also where it is on without TLS', async (t) => {
  const { port } = await start(t, 'http://127.0.0.1:1', 'server: { http2: { enabled: false, h2c: true } }');
  for (const ALPNProtocols of [['http/1.1'], undefined]) {
    const client = dialTls(t, port, { ...TRUSTED, ...(ALPNProtocols && { ALPNProtocols }) });
    assert.match(await client.send(PREFACE).closed(), /^HTTP\/1\.1 400 .*not HTTP\/2/s);
  }
});

test('the address in a PROXY header is that of all streams', async (t) => {
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  const { port } = await start(t, backend.url, 'server: { proxy_protocol: any, proxy_protocol_from: [127.0.0.1] }');
  const raw = connect({ host: '127.0.0.1', port });
  raw.write(proxyV2(0x21, 0x11, v4Payload([9, 8, 7, 6])));
  const client = dial(t, port, raw);
  await Promise.all([askHttp2(client, '/a'), askHttp2(client, '/b')]);
  assert.deepEqual(
    backend.seen.map(({ headers }) => headers['x-forwarded-for']),
    ['9.8.7.6', '9.8.7.6'],
  );
});

test('a backend that breaks off resets its stream, and the connection lives on', async (t) => {
  let count = 0;
  const backend = await startRawBackend((_request, socket) => {
    count += 1;
    if (count > 1) return void socket.write(rawResponse('ok'));
    socket.write('HTTP/1.0 200 OK\r\n\r\npart', () => socket.resetAndDestroy());
  });
  t.after(() => backend.close());
  const { port } = await start(t, backend.url);
  const client = dial(t, port);
  assert.equal((await askHttp2(client, '/')).rstCode, 2);
  assert.equal((await askHttp2(client, '/')).body, 'ok');
});

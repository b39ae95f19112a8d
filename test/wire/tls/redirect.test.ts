/** From the plain port to TLS: redirects, and Strict-Transport-Security. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { httpRequest } from '../../support/http-request.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { dialTls } from '../../support/tls-client.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

const ROOT = authority();
const HSTS = /strict-transport-security: (\S*)\r\n/gi;

async function start(t: TestContext, { tls = [] as readonly string[], more = '', answer = rawResponse('hello') } = {}) {
  const backend = await startRawBackend(answer);
  t.after(() => backend.close());
  const file = pemFolder(t);
  const { cert, key } = ROOT.issue(['shop.test', '*.wild.test', '::1']);
  const keys = ['port: 0', ...tls].map((line) => `  ${line}\n`).join('');
  const files = `cert_file: ${file('a.pem', cert)}, key_file: ${file('a.key', key)}`;
  const traffic = await startTraffic(poolOf([backend.url], `tls:\n${keys}  certificates: [{ ${files} }]\n${more}`));
  t.after(() => traffic.close());
  const ask = (host: string, path = '/', headers: Record<string, string> = {}) =>
    httpRequest(`${traffic.url}${path}`, { headers: { host, ...headers } });
  const client = () => dialTls(t, traffic.tlsPort!, { ca: ROOT.cert, servername: 'shop.test' });
  return { backend, ask, client, traffic };
}

test('what authorities ask for is not redirected: a backend may get certificates by itself', async (t) => {
  const { ask } = await start(t);
  assert.equal((await ask('shop.test', '/.well-known/acme-challenge/token')).body, 'hello');
});

for (const [host, location] of [
  ['shop.test', 'https://shop.test/a%20b?c=d&e'],
  ['SHOP.test:8080', 'https://SHOP.test/a%20b?c=d&e'],
  ['a.wild.test', 'https://a.wild.test/a%20b?c=d&e'],
  ['[::1]:8080', 'https://[::1]/a%20b?c=d&e'],
] as const) {
  test(`a host with a certificate is redirected: ${host}`, async (t) => {
    const { backend, ask } = await start(t);
    const answer = await ask(host, '/a%20b?c=d&e');
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.location, location);
    assert.equal(answer.headers['strict-transport-security'], undefined);
    assert.equal(backend.requests.length, 0);
  });
}

test('a client that names the plain port as it is here gets the port of TLS as it is here', async (t) => {
  const { ask, traffic } = await start(t);
  const { location } = (await ask(`shop.test:${traffic.port}`, '/x')).headers;
  assert.equal(location, `https://shop.test:${traffic.tlsPort}/x`);
});

test('other hosts are served without TLS', async (t) => {
  const { ask } = await start(t);
  for (const host of ['other.test', 'b.a.wild.test', '127.0.0.1']) assert.equal((await ask(host)).status, 200, host);
});

test('status and port of the redirect are those of the configuration', async (t) => {
  const { ask } = await start(t, { tls: ['redirect: 301', 'redirect_port: 8443'] });
  const answer = await ask('shop.test:8080', '/x');
  assert.equal(answer.status, 301);
  assert.equal(answer.headers.location, 'https://shop.test:8443/x');
});

test('redirect: off', async (t) => {
  const { ask } = await start(t, { tls: ['redirect: off'] });
  assert.equal((await ask('shop.test')).status, 200);
});

test('what a trusted proxy received over TLS is not redirected to where it came from', async (t) => {
  const { ask } = await start(t, { more: 'server: { trust_proxy: [127.0.0.0/8] }\n' });
  assert.equal((await ask('shop.test', '/', { 'x-forwarded-proto': 'https' })).status, 200);
  assert.equal((await ask('shop.test', '/', { 'x-forwarded-proto': 'http' })).status, 308);
});

test('nobody else can claim to have come over TLS', async (t) => {
  const { ask } = await start(t);
  assert.equal((await ask('shop.test', '/', { 'x-forwarded-proto': 'https' })).status, 308);
});

test('a redirect costs a token', async (t) => {
  const { ask } = await start(t, { more: 'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }\n' });
  assert.equal((await ask('shop.test')).status, 308);
  assert.equal((await ask('shop.test')).status, 429);
});

test('answers over TLS pin browsers to it: of backends and of the gateway itself', async (t) => {
  const { client } = await start(t, { tls: ['hsts: 365d'] });
  const answered = await client().send('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n').until('hello');
  assert.deepEqual(
    [...answered.matchAll(HSTS)].map(([, value]) => value),
    ['max-age=31536000'],
  );
  for (const request of ['OPTIONS * HTTP/1.1\r\nHost: shop.test', 'GET / HTTP/1.1\r\nHost: a b']) {
    const own = await client().send(`${request}\r\n\r\n`).until('\r\n\r\n');
    assert.deepEqual(
      [...own.matchAll(HSTS)].map(([, value]) => value),
      ['max-age=31536000'],
    );
  }
});

test("a backend's own Strict-Transport-Security applies", async (t) => {
  const { client } = await start(t, {
    tls: ['hsts: 365d'],
    answer: rawResponse('hello', '200 OK', ['Strict-Transport-Security: max-age=0']),
  });
  const answered = await client().send('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n').until('hello');
  assert.deepEqual(
    [...answered.matchAll(HSTS)].map(([, value]) => value),
    ['max-age=0'],
  );
});

test('the same from the cache', async (t) => {
  const { client } = await start(t, {
    tls: ['hsts: 365d'],
    more: 'routes: [{ pool: default, cache: {} }]\n',
    answer: rawResponse('hello', '200 OK', ['Strict-Transport-Security: max-age=0', 'Cache-Control: max-age=60']),
  });
  const ask = () => client().send('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n').until('hello');
  assert.match(await ask(), /fwd=uri-miss; stored/);
  const stored = await ask();
  assert.match(stored, /sluice; hit/);
  assert.deepEqual(
    [...stored.matchAll(HSTS)].map(([, value]) => value),
    ['max-age=0'],
  );
});

test('an answer from the configuration sends a field of its own once, too', async (t) => {
  const { client } = await start(t, {
    tls: ['hsts: 365d'],
    more: `rate_limit: { legacy_headers: true }
routes: [{ respond: { body: hello, headers: { strict-transport-security: max-age=0, x-ratelimit-limit: '7' } } }]\n`,
  });
  const answer = await client().send('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n').until('hello');
  assert.deepEqual(
    [...answer.matchAll(HSTS)].map(([, value]) => value),
    ['max-age=0'],
  );
  assert.deepEqual(answer.match(/x-ratelimit-limit: .*/g), ['x-ratelimit-limit: 7']);
});

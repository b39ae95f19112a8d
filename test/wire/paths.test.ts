import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

/** Status, and the path that reached the backend. */
async function asker(t: TestContext, routes: string): Promise<(path: string) => Promise<string>> {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(routes.replaceAll('URL', backend.url) + '\nrate_limit: { enabled: false }');
  t.after(() => traffic.close());
  return async (path) => {
    const from = backend.requests.length;
    const answer = await new RawClient(traffic.port)
      .send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      .closed();
    return [answer.split(' ', 2)[1], ...backend.requests.slice(from).map((request) => request.split(' ', 2)[1])].join(
      ' ',
    );
  };
}

const PLAIN = 'pools: { p: { backends: [{ url: "URL" }] } }\nroutes: [{ path_prefix: /, pool: p }]';
const BASE = 'pools: { p: { backends: [{ url: "URL/base" }] } }\nroutes: [{ path_prefix: /, pool: p }]';
const STRIP =
  'pools: { p: { backends: [{ url: "URL" }] } }\nroutes: [{ path_prefix: /api, pool: p, strip_prefix: true }]';
const STRIP_BASE = STRIP.replace('URL', 'URL/base');

test('a path is passed on byte for byte', async (t) => {
  const ask = await asker(t, PLAIN);
  for (const path of [
    '/%2F%2f',
    '/a%20b%C3%A9',
    '/a//b///',
    '/a/./b/../c',
    '/;a=1;b',
    '/%7Euser/~user',
    "/!$&'()*+,;=:@-._~",
    '/a?b=%zz&c=//../',
    '/a?',
    '/{a}|"<>^`\\',
    '/a;v=1/b;jsessionid=1',
    '/a%0Ab%7F',
    '/%3B%3f%23',
    '/caf\xc3\xa9/%C3\xa9?\xe9',
  ]) {
    assert.equal(await ask(path), `200 ${path}`);
  }
});

test('a malformed escape is 400; in the query it is passed on', async (t) => {
  const ask = await asker(t, PLAIN);
  for (const path of ['/%', '/%a', '/%zz', '/a%2', '/%%20', '/%u0041']) assert.equal(await ask(path), '400');
  assert.equal(await ask('/a?%'), '200 /a?%');
});

test('NUL and overlong UTF-8 are 400, because programs disagree on them', async (t) => {
  const ask = await asker(t, PLAIN);
  for (const path of ['/%00', '/a%00b', '/%c0%ae%c0%ae/x', '/%e0%80%af', '/\xc0\xaf']) {
    assert.equal(await ask(path), '400', path);
  }
  assert.equal(await ask('/a?b=%00%c0%ae'), '200 /a?b=%00%c0%ae');
});

test('bytes above 0x7f in a Host are refused, and the access log escapes them', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: caf\xc3\xa9\r\n\r\n');
  assert.match(await client.closed(), /^HTTP\/1\.1 400 .*The Host field is malformed/s);
  await traffic.logged((line) => line['host'] === 'caf\\xC3\\xA9');
  assert.equal(backend.requests.length, 0);
});

test('a path does not leave the base path of its backend', async (t) => {
  const ask = await asker(t, BASE);
  for (const path of [
    '/../x',
    '/a/../../x',
    '/%2e%2e/x',
    '/..%2fx',
    '/a/%2e%2E/../x',
    '/..;a/x',
    '/..\\x',
    '/..',
    '/a/../..',
  ]) {
    assert.equal(await ask(path), '400', path);
  }
  for (const path of ['/a/../x', '/a//x', '/...', '/a/..', '/a..b', '/%2e/x']) {
    assert.equal(await ask(path), `200 /base${path}`, path);
  }
});

test('a path does not leave its route when the prefix is taken off', async (t) => {
  for (const [routes, base] of [
    [STRIP, ''],
    [STRIP_BASE, '/base'],
  ] as const) {
    const ask = await asker(t, routes);
    for (const path of [
      '/api/../secret',
      '/api/%2e%2e/secret',
      '/api/..%2fsecret',
      '/api/x/../../secret',
      '/api/x/../../api/y',
      '/api/../api/y',
      '/api/..;/api/y',
      '/api/..',
    ]) {
      assert.equal(await ask(path), '400', path);
    }
    assert.equal(await ask('/api/x/../y'), `200 ${base}/x/../y`);
    assert.equal(await ask('/api//y'), `200 ${base}//y`);
    assert.equal(await ask('/api/a%2Fb'), `200 ${base}/a%2Fb`);
    assert.equal(await ask('/api'), `200 ${base || '/'}`);
    assert.equal(await ask('/api?x=1'), `200 ${base || '/'}?x=1`);
    assert.equal(await ask('/api/'), `200 ${base}/`);
  }
});

test('another spelling of a path cannot reach another route', async (t) => {
  const ask = await asker(
    t,
    `pools:
  open: { backends: [{ url: "URL/open" }] }
  inner: { backends: [{ url: "URL/inner" }] }
routes:
  - { path_prefix: /, pool: open }
  - { path_prefix: /private, pool: inner }`,
  );
  for (const path of [
    '/x/../private',
    '/x/%2e%2e/private',
    '//private',
    '/./private',
    '/x/..%2fprivate',
    '/%70rivate',
    '/private/../x',
    '/.;/private',
    '/x/..;a=b/private',
    '/\\private',
    '/private;x',
    '/private;x=1/y',
    '/;x/private',
    '/private%3bx',
    '/private%3Bx/y',
    '/private%5cx',
    '/private%2fx',
    '/private%0a',
    '/private%0D%0Ax',
    '/private%09',
    '/private%7F',
    '/private%00',
    '/private%3fx',
    '/private%23',
    '/%c0%afprivate',
  ]) {
    assert.match(await ask(path), /^400$|^200 \/inner/, path);
  }
  // Not in /private, whether it is resolved or not.
  assert.equal(await ask('/private%2f..%2fx'), '200 /open/private%2f..%2fx');
  assert.equal(await ask('/private'), '200 /inner/private');
  assert.equal(await ask('/privatex'), '200 /open/privatex');
  // Parameters on both sides of the border, but not across it.
  assert.equal(await ask('/x;private'), '200 /open/x;private');
  assert.equal(await ask('/private/x;y/z%0A'), '200 /inner/private/x;y/z%0A');
});

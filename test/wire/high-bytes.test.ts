/**
 * Bytes above 0x7f in a request target: they reach the backend unchanged, and are refused everywhere else in the line.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';
import { echo, startUpgradeBackend, upgradeRequest } from '../support/upgrade-backend.ts';

const HOST = 'Host: x\r\n';
const ALL_BYTES = Array.from({ length: 128 }, (_, at) => String.fromCharCode(0x80 + at)).join('');

/** The second of the words in the request lines. */
function targets(requests: readonly string[]): string[] {
  return requests.map((request) => request.split(' ', 2)[1]!);
}

async function start(t: TestContext, yaml = '') {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const text = yaml === '' ? poolOf([backend.url]) : yaml.replaceAll('URL', backend.url);
  const traffic = await startTraffic(`${text}\nrate_limit: { enabled: false }`);
  t.after(() => traffic.close());
  return { backend, traffic };
}

/** The status of the answer. */
async function ask({ port }: Traffic, line: string, fields = HOST): Promise<string> {
  const answer = await new RawClient(port).send(`${line}\r\n${fields}Connection: close\r\n\r\n`).closed();
  return answer.split(' ', 2)[1]!;
}

/** So many bytes at a time. */
async function sendBy(client: RawClient, size: number, bytes: string): Promise<RawClient> {
  for (let at = 0; at < bytes.length; at += size) {
    client.send(bytes.slice(at, at + size));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return client;
}

test('they pass in path and query, in every form of a target', async (t) => {
  const { backend, traffic } = await start(t);
  const passed = ['/caf\xc3\xa9', '/\xe9/\xff?q=\x80', '/?\xff', `/${ALL_BYTES.slice(64)}`, `/?${ALL_BYTES}`];
  for (const target of passed) assert.equal(await ask(traffic, `GET ${target} HTTP/1.1`), '200', target);
  assert.deepEqual(targets(backend.requests), passed);
  for (const origin of ['http://x', 'HTTP://x:1', 'https://x']) {
    for (const target of ['/\xe9', '/a%20/\xe9?\xff', '?\xe9']) {
      assert.equal(await ask(traffic, `GET ${origin}${target} HTTP/1.1`), '200');
      assert.equal(targets(backend.requests).at(-1), target.startsWith('/') ? target : `/${target}`);
    }
  }
  assert.equal(await ask(traffic, 'GET /\xe9 HTTP/1.0', ''), '200');
  assert.equal(await ask(traffic, 'GET /\xe9 HTTP/1.1', `${HOST}Expect: 100-continue\r\n`), '200');
  assert.deepEqual(targets(backend.requests).slice(-2), ['/\xe9', '/\xe9']);
  assert.equal(await ask(traffic, 'GET   /\xe9 HTTP/1.1'), await ask(traffic, 'GET   /e HTTP/1.1'));
});

test('a line with them elsewhere is refused', async (t) => {
  const { backend, traffic } = await start(t);
  for (const line of [
    'G\xc9T / HTTP/1.1',
    '\xc9GET / HTTP/1.1',
    'GET\xa0/ HTTP/1.1',
    'GET \xe9 HTTP/1.1',
    'GET \xe9/ HTTP/1.1',
    'GET *\xe9 HTTP/1.1',
    'GET http://\xe9/ HTTP/1.1',
    'GET http\xe9://x/ HTTP/1.1',
    'GET http:/\xe9 HTTP/1.1',
    'GET ftp://x/\xe9 HTTP/1.1',
    'GET /\xe9 \xe9 HTTP/1.1',
    'GET /\xe9\tHTTP/1.1',
    'GET /\xe9\0 HTTP/1.1',
    'GET /\xe9\x7f HTTP/1.1',
    'GET /\xe9#a HTTP/1.1',
    'GET /\xe9 \xc8TTP/1.1',
    'GET /\xe9 HTTP/1.\xb1',
    'GET /\xe9 HTTP/1.1\xe9',
    'GET /\xe9\x85HTTP/1.1',
    'GET /\xe9',
  ]) {
    assert.equal(await ask(traffic, line), '400', line);
  }
  assert.equal(await ask(traffic, 'GET /\xe9 HTTP/1.1', `${HOST}X-\xe9: a\r\n`), '400');
  assert.equal(await ask(traffic, 'GET /\xe9 HTTP/1.1', 'Host: \xe9\r\n'), '400');
  assert.match(await ask(traffic, 'CONNECT x:1/\xe9 HTTP/1.1'), /^40[05]$/);
  assert.equal(backend.requests.length, 0);
  // But not in values.
  assert.equal(await ask(traffic, 'GET /\xe9 HTTP/1.1', `${HOST}X-A: \xe9\r\n`), '200');
  assert.match(backend.requests[0]!, /^GET \/\xe9 HTTP\/1\.1\r\n.*\r\nX-A: \xe9\r\n/s);
  assert.equal(await ask(traffic, 'FOO /\xe9 HTTP/1.1'), '200');
});

/** One connection's worth: each request's target, and its bytes. */
const BODY = 'GET /\xe9 HTTP/1.1\r\nHost: x\r\n\r\nGET /\xff';
const PIPELINED: readonly (readonly [target: string, bytes: string])[] = [
  ['/\xe1', `GET /\xe1 HTTP/1.1\r\n${HOST}\r\n`],
  ['/\xe2', `\r\n\r\nGET /\xe2 HTTP/1.1\r\n${HOST}X-A: \xe9\r\n\r\n`],
  ['/\xe3', `POST /\xe3 HTTP/1.1\r\n${HOST}Content-Length: ${BODY.length}\r\n\r\n${BODY}`],
  ['/\xe4', `POST /\xe4 HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\n\r\n\xff\n`],
  ['/5', `GET /5 HTTP/1.1\r\n${HOST}\r\n`],
  ['/\xe6?\xe9', `GET http://x/\xe6?\xe9 HTTP/1.1\r\n${HOST}\r\n`],
];

for (const [claim, size] of [
  ['at once', Infinity],
  ['byte by byte', 1],
  ['by three bytes', 3],
] as const) {
  test(`they pass on a connection with many requests, which come ${claim}`, async (t) => {
    const { backend, traffic } = await start(
      t,
      'pools: { p: { backends: [{ url: "URL" }], timeouts: { response: 5s } } }',
    );
    const bytes = PIPELINED.map(([, each]) => each).join('');
    const client = await sendBy(new RawClient(traffic.port), size, bytes);
    await client.until((received) => received.split('\r\n\r\nok').length > PIPELINED.length);
    client.destroy();
    assert.deepEqual(targets(backend.requests).toSorted(), PIPELINED.map(([target]) => target).toSorted());
    const [body] = backend.requests.filter((request) => request.startsWith('POST /\xe3'));
    assert.ok(body!.endsWith(`\r\n\r\n${BODY}`));
  });

  test(`they pass behind a chunked body, which comes ${claim}, and what is in it stays as it is`, async (t) => {
    const bodies: string[] = [];
    const decoding = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks).toString('latin1'));
        response.end('ok');
      });
    }).listen(0, '127.0.0.1');
    await once(decoding, 'listening');
    t.after(() => decoding.close());
    const { backend, traffic } = await start(
      t,
      `pools:
  decoding: { backends: [{ url: "http://127.0.0.1:${(decoding.address() as AddressInfo).port}" }] }
  raw: { backends: [{ url: "URL" }] }
routes: [{ path_prefix: /post, pool: decoding }, { path_prefix: /, pool: raw }]`,
    );
    const inBody = ['GET /\xe9 HTTP/1.1', '\r\n\r\nGET /\xe9 HTTP/1.1', '0\r\n\r\nGET /\xe9', '\r\n0\r\n\r\nGET /\xe9'];
    const chunks = inBody.map((each) => `${each.length.toString(16)}\r\n${each}\r\n`).join('');
    for (const trailers of ['', 'X-T: 0\r\n', 'X-T: \xe9\r\nX-U:\r\n']) {
      const client = await sendBy(
        new RawClient(traffic.port),
        size,
        `POST /post HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n${trailers}\r\n` +
          `GET /\xe9 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      );
      assert.equal((await client.closed()).match(/HTTP\/1\.1 200 /g)?.length, 2);
    }
    assert.deepEqual(bodies, Array(3).fill(inBody.join('')));
    assert.deepEqual(targets(backend.requests), Array(3).fill('/\xe9'));
  });
}

test('a target of nothing else may be as long as any other', async (t) => {
  const { backend, traffic } = await start(t);
  for (const [length, status] of [
    [16_000, '200'],
    [16_384, '431'],
  ] as const) {
    assert.equal(await ask(traffic, `GET /${'a'.repeat(length)} HTTP/1.1`), status);
    assert.equal(await ask(traffic, `GET /${'\xe9'.repeat(length)} HTTP/1.1`), status);
  }
  assert.deepEqual(
    targets(backend.requests).map((target) => target.length),
    [16_001, 16_001],
  );
});

test('prefix and base path are taken off and put in front, as with other targets', async (t) => {
  const { backend, traffic } = await start(
    t,
    `pools: { p: { backends: [{ url: "URL/base" }] } }
routes: [{ path_prefix: /api, pool: p, strip_prefix: true }]`,
  );
  assert.equal(await ask(traffic, 'GET /api/\xc3\xa9?\xff HTTP/1.1'), '200');
  assert.equal(await ask(traffic, 'GET /api?\xff HTTP/1.1'), '200');
  assert.deepEqual(targets(backend.requests), ['/base/\xc3\xa9?\xff', '/base?\xff']);
  assert.equal(await ask(traffic, 'GET /api/../\xc3\xa9 HTTP/1.1'), '400');
  assert.equal(await ask(traffic, 'GET /api\xff HTTP/1.1'), '404');
});

test('a path does not match a route written with its escapes: 400, like other spellings of it', async (t) => {
  const { backend, traffic } = await start(
    t,
    `pools: { p: { backends: [{ url: "URL" }] } }
routes: [{ path_prefix: /, pool: p }, { name: cafe, path_prefix: /caf%C3%A9, pool: p }]`,
  );
  for (const path of ['/caf\xc3\xa9', '/caf\xc3\xa9/x', '/caf%c3%a9', '/caf\xc3%A9']) {
    assert.equal(await ask(traffic, `GET ${path} HTTP/1.1`), '400', path);
  }
  for (const path of ['/caf%C3%A9/\xc3\xa9', '/caf\xe9', '/x/caf\xc3\xa9']) {
    assert.equal(await ask(traffic, `GET ${path} HTTP/1.1`), '200', path);
  }
  assert.deepEqual(targets(backend.requests), ['/caf%C3%A9/\xc3\xa9', '/caf\xe9', '/x/caf\xc3\xa9']);
});

test('another backend gets them just so when the first one fails', async (t) => {
  const failing = await startRawBackend((_request, socket) => void socket.destroy());
  const { backend, traffic } = await start(
    t,
    `pools: { p: { backends: [{ url: "${failing.url}" }, { url: "URL", backup: true }] } }`,
  );
  t.after(() => failing.close());
  assert.equal(await ask(traffic, 'GET /\xc3\xa9?\xff HTTP/1.1'), '200');
  assert.deepEqual(targets(failing.requests), ['/\xc3\xa9?\xff']);
  assert.deepEqual(targets(backend.requests), ['/\xc3\xa9?\xff']);
});

test('an upgrade passes them, cut at any byte', async (t) => {
  const backend = await startUpgradeBackend(echo);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const request = upgradeRequest('/\xc3\xa9?\xff');
  for (const size of [Infinity, 1]) {
    const client = await sendBy(new RawClient(traffic.port), size, request);
    client.send('GET /\xe9 HTTP/1.1');
    await client.until('\r\n\r\nGET /\xe9 HTTP/1.1');
    client.destroy();
  }
  assert.deepEqual(targets(backend.heads), ['/\xc3\xa9?\xff', '/\xc3\xa9?\xff']);
});

test('the access log shows them as \\xNN, of what is refused, too', async (t) => {
  const { traffic } = await start(t);
  await ask(traffic, 'GET /caf\xc3\xa9\x85?\xff HTTP/1.1');
  assert.equal((await traffic.logged((line) => line['status'] === 200))['path'], '/caf\\xC3\\xA9\\x85');
  await ask(traffic, 'GET /\xc0\xaf HTTP/1.1');
  assert.equal((await traffic.logged((line) => line['status'] === 400))['path'], '/\\xC0\\xAF');
  await new RawClient(traffic.port)
    .send('GET /\xe9 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    .until('ok');
  await traffic.logged((line) => line['path'] === '/\\xE9');
});

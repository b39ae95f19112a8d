/** Any token is a method (RFC 9110, 9.1), and one that Sluice does not know is forwarded like POST. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';
import { echo, startUpgradeBackend, upgradeRequest } from '../support/upgrade-backend.ts';

const LONGEST = 'M'.repeat(64);
const METHODS = [
  'PURGE',
  'FOO',
  'get',
  'Get',
  'head',
  'post',
  'options',
  'trace',
  'M-SEARCH',
  "a!#$%&'*+-.^_`|~9",
  LONGEST,
];

const HOST = 'Host: x\r\n';

type Backend = Awaited<ReturnType<typeof startRawBackend>>;

async function start(
  t: TestContext,
  answer: Parameters<typeof startRawBackend>[0] = rawResponse('ok'),
  yaml = '',
): Promise<{ backend: Backend; traffic: Traffic }> {
  const backend = await startRawBackend(answer);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], yaml));
  t.after(() => traffic.close());
  return { backend, traffic };
}

function dial(t: TestContext, { port }: Traffic): RawClient {
  const client = new RawClient(port);
  t.after(() => client.destroy());
  return client;
}

/** Sends it on a connection of its own; the status and the body of the answer. */
async function ask(t: TestContext, traffic: Traffic, bytes: string): Promise<[status: number, body: string]> {
  const answer = await dial(t, traffic).send(bytes.replace('\r\n', '\r\nConnection: close\r\n')).closed();
  return [Number(answer.split(' ')[1]), answer.slice(answer.indexOf('\r\n\r\n') + 4)];
}

const lines = (requests: readonly string[]): string[] => requests.map((request) => request.split('\r\n', 1)[0]!);

test('any token reaches the backend as it is, its answer has a body, and the connection goes on', async (t) => {
  const { backend, traffic } = await start(t);
  const client = dial(t, traffic);
  for (const [at, method] of METHODS.entries()) {
    client.send(`${method} /${at} HTTP/1.1\r\n${HOST}\r\n`);
    await client.until((received) => received.split('\r\n\r\nok').length === at + 2);
  }
  assert.deepEqual(
    lines(backend.requests),
    METHODS.map((method, at) => `${method} /${at} HTTP/1.1`),
  );
  assert.equal(backend.sockets.length, 1);
  for (const request of backend.requests) assert.doesNotMatch(request, /content-length|transfer-encoding/i);
});

test('it has its own name in the access log, and counts for its route like any other', async (t) => {
  const { traffic } = await start(t);
  for (const method of METHODS) {
    assert.deepEqual(await ask(t, traffic, `${method} /x HTTP/1.1\r\n${HOST}\r\n`), [200, 'ok']);
    await traffic.logged((line) => line['msg'] === 'request' && line['method'] === method);
  }
  const { requests, statuses } = traffic.tables.metrics.route(traffic.snapshot.routes[0]!.index);
  assert.deepEqual([requests, statuses[1]], [METHODS.length, METHODS.length]);
});

test('many of them on one connection at once are answered in order', async (t) => {
  const { traffic } = await start(t, (request, socket) => void socket.write(rawResponse(`<${request.split(' ')[0]}>`)));
  const client = dial(t, traffic).send(METHODS.map((method) => `${method} / HTTP/1.1\r\n${HOST}\r\n`).join(''));
  const received = await client.until(`<${METHODS.at(-1)}>`);
  assert.deepEqual(
    received.match(/<[^>]+>/g),
    METHODS.map((method) => `<${method}>`),
  );
});

test('its body is passed on, of known length and in chunks', async (t) => {
  const { backend, traffic } = await start(t, (_request, socket) => {
    socket.write(rawResponse('ok'));
  });
  assert.deepEqual(await ask(t, traffic, `FOO / HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nbody`), [200, 'ok']);
  assert.match(backend.requests[0]!, /\r\n\r\nbody$/);
  const chunked = `FOO / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`;
  assert.deepEqual(await ask(t, traffic, chunked), [200, 'ok']);
  assert.match(backend.requests[1]!, /\r\ntransfer-encoding: chunked\r\n/i);
});

test('it is not repeated once a backend may have it, unless the configuration says so', async (t) => {
  const breaks = await startRawBackend((_request, socket) => socket.destroy());
  const works = await startRawBackend(rawResponse('ok'));
  t.after(() => Promise.all([breaks.close(), works.close()]));
  const asked = async (yaml: string, method: string): Promise<number[]> => {
    const calm = 'circuit_breaker: { enabled: false }\npassive_health: { enabled: false }\n';
    const traffic = await startTraffic(poolOf([breaks.url, works.url], `    algorithm: round-robin\n${calm}${yaml}`));
    t.after(() => traffic.close());
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      statuses.push((await ask(t, traffic, `${method} / HTTP/1.1\r\n${HOST}\r\n`))[0]);
    }
    return statuses.toSorted((one, other) => one - other);
  };
  for (const method of ['PURGE', 'get', 'head'])
    assert.deepEqual(await asked('', method), [200, 200, 502, 502], method);
  assert.deepEqual(await asked('retries: { methods: [PURGE] }', 'PURGE'), [200, 200, 200, 200]);
  assert.deepEqual(await asked('retries: { methods: [PURGE] }', 'purge'), [200, 200, 502, 502]);
});

test('routes match it by its exact name', async (t) => {
  const backend = await startRawBackend((request, socket) => {
    socket.write(rawResponse(request.split(' ')[1]!.split('/')[1]!));
  });
  t.after(() => backend.close());
  const pool = (name: string): string => `${name}: { backends: [{ url: "${backend.url}/${name}", id: ${name} }] }`;
  const traffic = await startTraffic(`pools: { ${['rest', 'cache', 'lower'].map(pool).join(', ')} }
routes: [{ pool: cache, methods: [PURGE, BAN] }, { pool: lower, methods: [purge, get] }, { pool: rest, methods: [GET, FOO] }]`);
  t.after(() => traffic.close());
  for (const [method, answer] of [
    ['PURGE', 'cache'],
    ['BAN', 'cache'],
    ['purge', 'lower'],
    ['get', 'lower'],
    ['GET', 'rest'],
    ['FOO', 'rest'],
  ] as const) {
    assert.deepEqual(await ask(t, traffic, `${method} /x HTTP/1.1\r\n${HOST}\r\n`), [200, answer]);
  }
  for (const method of ['Purge', 'foo', 'POST', 'FOO1']) {
    assert.equal((await ask(t, traffic, `${method} /x HTTP/1.1\r\n${HOST}\r\n`))[0], 404, method);
  }
});

test('limits apply to it', async (t) => {
  const { backend, traffic } = await start(
    t,
    rawResponse('ok'),
    'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }',
  );
  assert.equal((await ask(t, traffic, `FOO / HTTP/1.1\r\n${HOST}\r\n`))[0], 200);
  assert.equal((await ask(t, traffic, `BAR / HTTP/1.1\r\n${HOST}\r\n`))[0], 429);
  assert.equal(backend.requests.length, 1);
});

test('a backend that does not know it answers for itself', async (t) => {
  const { traffic } = await start(t, rawResponse('no', '405 Method Not Allowed', ['Allow: GET']));
  const answer = await dial(t, traffic).send(`FOO / HTTP/1.1\r\n${HOST}\r\n`).until('\r\n\r\nno');
  assert.match(answer, /^HTTP\/1\.1 405 Method Not Allowed\r\n/);
  assert.match(answer, /\r\nAllow: GET\r\n/);
});

test('it may change the protocol', async (t) => {
  const backend = await startUpgradeBackend(echo);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = dial(t, traffic).send(upgradeRequest('/attach').replace('GET', 'ATTACH'));
  await client.until('101');
  assert.match(backend.heads[0]!, /^ATTACH \/attach HTTP\/1\.1\r\n/);
  client.send('bytes');
  await client.until('bytes');
});

test('a target that only OPTIONS may have is refused', async (t) => {
  const { backend, traffic } = await start(t);
  for (const method of ['FOO', 'options']) {
    assert.equal((await ask(t, traffic, `${method} * HTTP/1.1\r\n${HOST}\r\n`))[0], 400);
  }
  assert.equal(backend.requests.length, 0);
});

test('a method that is too long is 501, and one that is no token 400', async (t) => {
  const { backend, traffic } = await start(t);
  for (const [method, status] of [
    [`${LONGEST}M`, 501],
    ['G@T', 400],
    ['G\xc9T', 400],
  ] as const) {
    const answer = await dial(t, traffic).send(`${method} / HTTP/1.1\r\n${HOST}\r\n`).closed();
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
  }
  assert.equal(backend.requests.length, 0);
});

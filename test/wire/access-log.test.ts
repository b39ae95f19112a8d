/** The log line of a completed request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { httpRequest } from '../support/http-request.ts';
import { NO_ROUTE } from '../../src/runtime/metrics-table.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

test('a request is one line: method, path, client, backend, status and time, and nothing of bodies, query and fields', async (t) => {
  const backend = await startRawBackend(rawResponse('the answer'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  await httpRequest(`${traffic.url}/orders?card=4711`, {
    method: 'POST',
    body: 'the question',
    headers: { authorization: 'Bearer abc' },
  });
  const line = await traffic.logged(({ msg }) => msg === 'request');
  const { method, path, client, backend: id, status, tries } = line;
  assert.deepEqual(
    { method, path, client, id, status, tries },
    { method: 'POST', path: '/orders', client: 'ip:127.0.0.1', id: 'b0', status: 200, tries: 1 },
  );
  assert.ok(Number(line['duration_ms']) >= 0);
  assert.doesNotMatch(JSON.stringify(traffic.log), /question|answer|4711|abc/);
});

test('one that went to another backend says how many tries it took', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const gone = `http://127.0.0.1:${await freePort()}`;
  const traffic = await startTraffic(
    poolOf([gone, backend.url]).replace('default:', 'default:\n    algorithm: round-robin'),
  );
  t.after(() => traffic.close());
  await httpRequest(traffic.url);
  const line = await traffic.logged(({ msg }) => msg === 'request');
  assert.deepEqual([line['status'], line['backend'], line['tries']], [200, 'b1', 2]);
});

const METHOD_65 = 'M'.repeat(65);
const LONG = 'a'.repeat(20_480);
const POST = 'POST / HTTP/1.1\r\nHost: x\r\n';

/** Input that never becomes a request of the app: nearly nothing is known about it. */
for (const [claim, bytes, status, error, known] of [
  ['a method that is too long', `${METHOD_65} / HTTP/1.1\r\nHost: x\r\n\r\n`, 501, 'GW_METHOD_NOT_SUPPORTED', {}],
  ['a head that is too large', `GET /${LONG} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'GW_HEAD_TOO_LARGE', {}],
  ['a folded field', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n', 400, 'GW_BAD_REQUEST', {}],
  ['both framings', `${POST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400, 'GW_BAD_REQUEST', {}],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc', 400, 'GW_BAD_REQUEST', {}],
  ['rubbish', 'SSH-2.0-OpenSSH_9.2\r\n', 400, 'GW_BAD_REQUEST', {}],
  [
    'a tunnel',
    'CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n',
    405,
    'GW_METHOD_NOT_ALLOWED',
    { method: 'CONNECT', path: 'x:80', host: 'x:80' },
  ],
] as const) {
  test(`${claim} is answered ${status} with an id, logged under it, and counted`, async (t) => {
    const traffic = await startTraffic(poolOf(['http://127.0.0.1:1']));
    t.after(() => traffic.close());
    const answer = await new RawClient(traffic.port).send(bytes).closed();
    const [head, body] = answer.split('\r\n\r\n') as [string, string];
    const { code, error: label, message, request_id: id } = JSON.parse(body) as Record<string, unknown>;
    assert.ok(head.startsWith(`HTTP/1.1 ${status} `), answer);
    assert.deepEqual([code, label], [status, error]);
    assert.ok(head.includes(`\r\nx-request-id: ${String(id)}\r\n`), head);
    const line = await traffic.logged(({ msg }) => msg === 'request');
    const { level: _, time: __, pid: ___, hostname: ____, ...fields } = line;
    const about = { request_id: id, client: '127.0.0.1', tries: 0, status, error, reason: message, msg: 'request' };
    assert.deepEqual(fields, { ...about, ...known });
    const { requests, statuses, inFlight } = traffic.tables.metrics.route(NO_ROUTE);
    assert.deepEqual([requests, inFlight, statuses[status < 500 ? 3 : 4]], [1, 0, 1]);
  });
}

test('an incomplete head is logged and counted when its time is up', async (t) => {
  const traffic = await startTraffic(poolOf(['http://127.0.0.1:1'], 'server: { head_timeout: 200ms }'));
  t.after(() => traffic.close());
  const answer = await new RawClient(traffic.port).send('GET / HTTP/1.1\r\nX-Slow: ').closed();
  const line = await traffic.logged(({ msg }) => msg === 'request');
  assert.deepEqual([line['status'], line['error']], [408, 'GW_REQUEST_TIMEOUT']);
  assert.ok(answer.includes(`"request_id":"${String(line['request_id'])}"`), answer);
  assert.equal(traffic.tables.metrics.route(NO_ROUTE).statuses[3], 1);
});

for (const [claim, bytes, server, status] of [
  ['is malformed', 'zz\r\n', '', 400],
  ['comes too slowly', '1\r\nx\r\n', 'server: { min_body_rate: 1000000, body_rate_window: 200ms }', 408],
] as const) {
  test(`a request whose body ${claim} is one line, with the ${status} that it was answered and its own id`, async (t) => {
    const backend = await startRawBackend(() => undefined);
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url], server));
    t.after(() => traffic.close());
    const head = `${POST}X-Request-Id: mine\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const answer = await new RawClient(traffic.port).send(head + bytes).closed();
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*\r\nx-request-id: mine\r\n`, 's'));
    const line = await traffic.logged(({ msg }) => msg === 'request');
    assert.deepEqual([line['request_id'], line['status'], line['path']], ['mine', status, '/']);
    assert.equal(line['aborted'], undefined);
    assert.equal(traffic.log.filter(({ msg }) => msg === 'request').length, 1);
    assert.equal(traffic.tables.metrics.route(traffic.snapshot.routes[0]!.index).statuses[3], 1);
    assert.equal(traffic.tables.backends.failures(0), 0);
  });
}

test('a refusal has a reason if its message says more than its code', async (t) => {
  const routes = 'routes: [{ path_prefix: /here, pool: default, max_body_bytes: 1 }]';
  const traffic = await startTraffic(poolOf(['http://127.0.0.1:1'], routes));
  t.after(() => traffic.close());
  await httpRequest(`${traffic.url}/here`, { method: 'POST', body: 'more' });
  await httpRequest(`${traffic.url}/elsewhere`);
  await traffic.logged(({ path }) => path === '/elsewhere');
  const lines = traffic.log.filter(({ msg }) => msg === 'request');
  assert.deepEqual(
    lines.map(({ error, reason }) => [error, reason]),
    [
      ['GW_BODY_TOO_LARGE', 'The body is larger than 1 bytes'],
      ['GW_NO_ROUTE', undefined],
    ],
  );
});

test('a malformed request behind three good ones is a line of its own, after theirs', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const good = 'GET /good HTTP/1.1\r\nHost: x\r\n\r\n';
  const answer = await new RawClient(traffic.port).send(`${good.repeat(3)}${METHOD_65} / HTTP/1.1\r\n\r\n`).closed();
  assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), [...Array<string>(3).fill('HTTP/1.1 200'), 'HTTP/1.1 501']);
  await traffic.logged((line) => line['status'] === 501);
  const lines = traffic.log.filter(({ msg }) => msg === 'request');
  assert.deepEqual(
    lines.map((line) => line['status']),
    [200, 200, 200, 501],
  );
});

test('a malformed request whose client leaves before its turn is logged and counted, as aborted', async (t) => {
  const backend = await startRawBackend(() => undefined);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    'GET /good HTTP/1.1\r\nHost: x\r\n\r\nCONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n',
  );
  await eventually('the first has its backend', () => backend.requests.length === 1);
  client.socket.resetAndDestroy();
  const line = await traffic.logged(({ method }) => method === 'CONNECT');
  assert.deepEqual(
    [line['status'], line['error'], line['client'], line['aborted']],
    [0, 'GW_METHOD_NOT_ALLOWED', '127.0.0.1', true],
  );
  await traffic.logged((each) => each['path'] === '/good' && each['aborted'] === true);
  assert.equal(traffic.log.filter(({ msg }) => msg === 'request').length, 2);
  const { requests, statuses, inFlight } = traffic.tables.metrics.route(NO_ROUTE);
  assert.deepEqual([requests, statuses[5], inFlight], [1, 1, 0]);
});

test('requests that the parser refuses are sampled like every other line', async (t) => {
  const traffic = await startTraffic(poolOf(['http://127.0.0.1:1'], 'log: { access: { sample: 0 } }'));
  t.after(() => traffic.close());
  await new RawClient(traffic.port).send('rubbish\r\n\r\n').closed();
  await new RawClient(traffic.port).send(`${METHOD_65} / HTTP/1.1\r\n\r\n`).closed();
  await traffic.logged((line) => line['status'] === 501);
  assert.equal(traffic.log.filter(({ msg }) => msg === 'request').length, 1);
  assert.equal(traffic.tables.metrics.route(NO_ROUTE).requests, 2);
});

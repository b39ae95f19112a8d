/** Heads of HTTP/2 requests that must not reach an HTTP/1.1 backend, or not as they are. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startEchoBackend } from '../../support/echo-backend.ts';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import {
  ACK,
  END_STREAM,
  FRAME,
  type Frame,
  frame,
  framesOf,
  PREFACE,
  RawHttp2Client,
  requestFields,
  settings,
} from '../../support/http2-frames.ts';
import { RawClient, rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

async function start(t: TestContext, server = '') {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `server: { http2: { h2c: true }${server} }`));
  t.after(() => traffic.close());
  const raw = new RawHttp2Client(traffic.port);
  t.after(() => raw.destroy());
  return { backend, traffic, raw };
}

type Fields = readonly (readonly [string, string])[];

/** Refused by the gateway with 400, or by nghttp2 with a reset: never forwarded. */
const REFUSED: readonly (readonly [claim: string, fields: Fields, flags?: number])[] = [
  ['Transfer-Encoding', requestFields([['transfer-encoding', 'chunked']], 'POST'), 0],
  ['Connection', requestFields([['connection', 'close']])],
  ['Upgrade', requestFields([['upgrade', 'websocket']])],
  ['TE other than trailers', requestFields([['te', 'gzip']])],
  ['a name in capitals', requestFields([['X-Upper', '1']])],
  [
    'two lengths',
    requestFields(
      [
        ['content-length', '0'],
        ['content-length', '5'],
      ],
      'POST',
    ),
  ],
  ['a length without a body', requestFields([['content-length', '5']], 'POST')],
  ['a Host other than :authority', requestFields([['host', 'other.example']])],
  ['a space in :path', requestFields([], 'GET', '/ HTTP/1.1\r\nx: y')],
  ['a URL in :path', requestFields([], 'GET', 'http://other.example/')],
  ['a space in :method', requestFields([], 'GET / HTTP/1.1\r\nx: y')],
  [
    'a user in :authority',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'a@b'],
    ],
  ],
  [
    'no authority',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
    ],
  ],
  ['a pseudo-field behind a field', [...requestFields([['x', 'y']]), [':path', '/other']]],
  ['an unknown pseudo-field', [...requestFields(), [':protocol', 'websocket']]],
  [
    'no path',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'a'],
    ],
  ],
];

for (const [claim, fields, flags] of REFUSED) {
  test(`a request with ${claim} is refused, and the next one on its connection is answered`, async (t) => {
    const { backend, raw } = await start(t);
    raw.ask(1, fields, flags);
    const code = await raw.ended(1);
    if (code === null) assert.match(raw.received, /GW_BAD_REQUEST/);
    else assert.ok(code === 0 || code === 1, `reset with ${code}`);
    raw.ask(3);
    assert.equal(await raw.ended(3), null);
    assert.deepEqual(
      backend.requests.map((request) => request.split('\r\n')[0]),
      ['GET / HTTP/1.1'],
    );
  });
}

test('a field with a line end or NUL in its value reaches no backend', async (t) => {
  const { backend, raw } = await start(t);
  const bad = ['a\r\ntransfer-encoding: chunked', 'a\nb', 'a\0b'];
  for (const [at, value] of bad.entries())
    raw.ask(
      2 * at + 1,
      requestFields([
        ['x-bad', value],
        ['x-good', 'yes'],
      ]),
    );
  await raw.ended(5);
  for (const request of backend.requests) {
    assert.doesNotMatch(request, /x-bad|transfer-encoding/i);
    assert.match(request, /x-good: yes/);
  }
});

for (const data of ['abc', 'abcdefgh']) {
  test(`a body of ${data.length} bytes whose length says 5 is never a whole one`, async (t) => {
    const { backend, raw } = await start(t);
    raw.ask(1, requestFields([['content-length', '5']], 'POST'), 0);
    raw.send(frame(FRAME.data, END_STREAM, 1, data));
    // Of more than was announced, the whole connection dies.
    await raw.until((received) => framesOf(received).some(({ type }) => type === FRAME.reset)).catch(() => undefined);
    assert.deepEqual(backend.requests, []);
    assert.doesNotMatch(raw.received, /ok/);
  });
}

test('CONNECT gets an answer, and no tunnel', async (t) => {
  const { backend, traffic, raw } = await start(t);
  raw.ask(
    1,
    [
      [':method', 'CONNECT'],
      [':authority', 'other.example:443'],
    ],
    0,
  );
  raw.send(frame(FRAME.data, 0, 1, 'data'));
  await raw.until('GW_METHOD_NOT_ALLOWED');
  await raw.ended(1);
  raw.ask(3);
  assert.equal(await raw.ended(3), null);
  assert.equal(backend.requests.length, 1);
  const line = await traffic.logged((each) => each['method'] === 'CONNECT');
  assert.equal(line['status'], 405);
});

test('a head beyond the limits is 431, and far beyond them a reset', async (t) => {
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], 'server: { max_head_bytes: 2000, max_headers: 20, http2: { h2c: true } }'),
  );
  t.after(() => traffic.close());
  const client = dialHttp2(t, traffic.port);
  const many = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, '']));
  assert.equal((await askHttp2(client, '/', { headers: { 'x-large': 'x'.repeat(1500) } })).status, 200);
  assert.equal((await askHttp2(client, '/', { headers: { 'x-large': 'x'.repeat(2500) } })).status, 431);
  assert.equal((await askHttp2(client, '/', { headers: many(19) })).status, 200);
  assert.equal((await askHttp2(client, '/', { headers: many(21) })).status, 431);
  const raw = new RawHttp2Client(traffic.port);
  t.after(() => raw.destroy());
  const fields = Array.from({ length: 60 }, (_, at) => [`x-${at}`, ''] as const);
  assert.equal(await raw.ask(1, requestFields(fields)).ended(1), 11);
  assert.equal(await raw.ask(3, requestFields([['x-large', 'x'.repeat(9000)]])).ended(3), 11);
  assert.equal(backend.seen.length, 2);
});

test('HTTP/2 is recognized however its first bytes are split, and refused where it is off', async (t) => {
  const { traffic } = await start(t);
  for (const at of [1, 5, 13, 14, 16, 20]) {
    const client = new RawClient(traffic.port).send(PREFACE.slice(0, at));
    // Nothing tells when the other side has read it. If this is too short, both parts arrive together, and nothing fails.
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.send(PREFACE.slice(at)).send(settings());
    const acknowledged = ({ type, flags }: Frame): boolean => type === FRAME.settings && flags === ACK;
    await client.until((received) => framesOf(received).some(acknowledged));
    client.destroy();
  }
  const off = await startTraffic(poolOf(['http://127.0.0.1:1']));
  t.after(() => off.close());
  const refused = new RawClient(off.port).send(PREFACE);
  assert.match(await refused.closed(), /^HTTP\/1\.1 400 .*not HTTP\/2/s);
});

/** The limits of a connection apply to HTTP/2 as they do to HTTP/1.1. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startHeldBackend } from '../../support/held-backend.ts';
import { answerOn, askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { FRAME, frame, INITIAL_WINDOW, RawHttp2Client, requestFields } from '../../support/http2-frames.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

async function start(
  t: TestContext,
  server: string,
  answer: Parameters<typeof startRawBackend>[0] = rawResponse('ok'),
  more = '',
) {
  const backend = await startRawBackend(answer);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `server: { http2: { h2c: true }, ${server} }\n${more}`));
  t.after(() => traffic.close());
  const dial = (values: Readonly<Record<number, number>> = {}): RawHttp2Client => {
    const client = new RawHttp2Client(traffic.port, values);
    t.after(() => client.destroy());
    return client;
  };
  return { backend, traffic, dial, dialHttp2: () => dialHttp2(t, traffic.port) };
}

test('a connection on which no stream opens is closed, half a head or not', async (t) => {
  const { dial } = await start(t, 'head_timeout: 300ms');
  const silent = dial();
  const half = dial().send(frame(FRAME.headers, 0, 1, '\x82'));
  const pings = dial();
  const timer = setInterval(() => pings.send(frame(FRAME.ping, 0, 0, '12345678')), 50);
  t.after(() => clearInterval(timer));
  await Promise.all([silent.closed(), half.closed(), pings.closed()]);
  assert.equal(await silent.goneAway().catch(() => 'closed'), 0);
});

test('an idle connection is closed after keep_alive, whatever PINGs it sends; one with an open stream is not', async (t) => {
  const { dial, backend } = await start(t, 'keep_alive: 300ms, head_timeout: 200ms', (request, socket) => {
    if (request.startsWith('GET /quick')) socket.write(rawResponse('ok'));
  });
  const idle = dial().ask(1, requestFields([], 'GET', '/quick'));
  const busy = dial().ask(1, requestFields([], 'GET', '/slow'));
  await idle.ended(1);
  const timer = setInterval(() => idle.send(frame(FRAME.ping, 0, 0, '12345678')), 50);
  t.after(() => clearInterval(timer));
  await idle.closed();
  assert.equal(busy.isClosed, false);
  assert.equal(backend.requests.length, 2);
});

test('a body that takes too long is 408, and the connection lives on', async (t) => {
  const { dial, traffic } = await start(t, 'request_timeout: 300ms, min_body_rate: 0', (request, socket) => {
    if (request.startsWith('GET')) socket.write(rawResponse('ok'));
  });
  for (const more of [[], [['content-length', '100']]] as const) {
    const client = dial().ask(1, requestFields(more, 'POST'), 0);
    await client.until('GW_REQUEST_TIMEOUT');
    assert.equal(await client.ended(1), null);
    client.ask(3);
    assert.equal(await client.ended(3), null);
  }
  assert.equal(traffic.tables.backends.failures(0), 0);
});

test('a body that comes too slowly is 408, and one of empty frames is', async (t) => {
  const { dial } = await start(t, 'min_body_rate: 1000, body_rate_window: 300ms', () => undefined);
  const client = dial().ask(1, requestFields([], 'POST'), 0).ask(3, requestFields([], 'POST'), 0);
  const timer = setInterval(() => {
    client.send(frame(FRAME.data, 0, 1, 'x'));
    for (let count = 0; count < 10; count += 1) client.send(frame(FRAME.data, 0, 3));
  }, 20);
  t.after(() => clearInterval(timer));
  await Promise.all([client.ended(1), client.ended(3)]);
  assert.equal(client.received.split('GW_REQUEST_TIMEOUT').length, 3);
});

test('streams share the minimum rate of their connection', async (t) => {
  const { dialHttp2: dial } = await start(t, 'min_body_rate: 10000, body_rate_window: 500ms');
  const client = dial();
  const streams = Array.from({ length: 10 }, () => client.request({ ':method': 'POST' }, { endStream: false }));
  const answers = streams.map(answerOn);
  // 20,000 bytes a second in all, for two windows: the rate is the subject.
  for (let count = 0; count < 25; count += 1) {
    for (const stream of streams) stream.write(Buffer.alloc(100));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const stream of streams) stream.end();
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
});

test('streams with a window of 0 are reset after write_timeout, others of the connection go on', async (t) => {
  const { dial, traffic } = await start(t, 'write_timeout: 400ms', rawResponse('x'.repeat(1000)));
  const client = dial({ [INITIAL_WINDOW]: 0 });
  for (let stream = 1; stream < 200; stream += 2) client.ask(stream);
  // One of them gets a window.
  client.send(frame(FRAME.windowUpdate, 0, 199, '\0\0\x10\0'));
  assert.equal(await client.ended(199), null);
  const codes = await Promise.all(Array.from({ length: 99 }, (_, at) => client.ended(2 * at + 1)));
  assert.ok(
    codes.every((code) => code === 8),
    String(codes),
  );
  assert.equal(client.isClosed, false);
  await eventually('nothing runs', () => traffic.tables.backends.inFlight(0) === 0);
  assert.equal(traffic.tables.backends.failures(0), 0);
});

for (const [claim, goodbye] of [
  ['and stays', ''],
  ['and says goodbye', frame(FRAME.goaway, 0, 0, Buffer.alloc(8))],
] as const) {
  test(`a client that resets a stream with NO_ERROR while its window is 0, ${claim}, leaves nothing behind`, async (t) => {
    const { dial, traffic } = await start(t, 'body_rate_window: 100ms', rawResponse('hello'));
    const client = dial({ [INITIAL_WINDOW]: 0 });
    for (let stream = 1; stream < 20; stream += 2) client.ask(stream);
    await client.until(() => client.frames.filter(({ type }) => type === FRAME.headers).length === 10);
    for (let stream = 1; stream < 20; stream += 2) client.send(frame(FRAME.reset, 0, stream, Buffer.alloc(4)));
    client.send(goodbye);
    await eventually('all requests are over', () => traffic.log.filter(({ msg }) => msg === 'request').length === 10);
    assert.ok(traffic.log.every(({ msg, aborted }) => msg !== 'request' || aborted === true));
    await eventually('nothing runs', () => traffic.tables.backends.inFlight(0) === 0);
    if (goodbye !== '') await client.closed();
  });
}

test('a client that takes its answer too slowly is cut off', async (t) => {
  const { dial, traffic } = await start(
    t,
    'min_response_rate: 100000, body_rate_window: 300ms',
    rawResponse('x'.repeat(3_000_000)),
  );
  const client = dial().ask(1);
  const timer = setInterval(() => {
    client.send(frame(FRAME.windowUpdate, 0, 0, '\0\0\0\x40')).send(frame(FRAME.windowUpdate, 0, 1, '\0\0\0\x40'));
  }, 20);
  t.after(() => clearInterval(timer));
  await client.closed();
  const line = await traffic.logged((each) => each['msg'] === 'connections refused');
  assert.equal(line['reason'], 'slow_reader');
});

test('a client that takes its answer slowly, but fast enough, gets all of it', async (t) => {
  const { dial } = await start(
    t,
    'min_response_rate: 10000, body_rate_window: 300ms, write_timeout: 600ms',
    rawResponse('x'.repeat(300_000)),
  );
  const client = dial().ask(1);
  const timer = setInterval(() => {
    client.send(frame(FRAME.windowUpdate, 0, 0, '\0\0\x08\0')).send(frame(FRAME.windowUpdate, 0, 1, '\0\0\x08\0'));
  }, 20);
  t.after(() => clearInterval(timer));
  assert.equal(await client.ended(1), null);
});

test('a connection carries max_requests_per_connection, then says goodbye', async (t) => {
  const { dialHttp2: dial } = await start(t, 'max_requests_per_connection: 3');
  const client = dial();
  const isClosed = once(client, 'close');
  for (let count = 0; count < 3; count += 1) assert.equal((await askHttp2(client, '/')).status, 200);
  await isClosed;
});

test('at most max_streams run at a time', async (t) => {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'server: { http2: { h2c: true, max_streams: 3 } }'));
  t.after(() => traffic.close());
  const client = dialHttp2(t, traffic.port);
  await once(client, 'remoteSettings');
  const answers = Array.from({ length: 9 }, (_, at) => askHttp2(client, `/${at}`));
  for (let count = 1; count <= 9; count += 1) {
    await backend.asked(count);
    backend.answer();
  }
  assert.ok((await Promise.all(answers)).every(({ status }) => status === 200));
  assert.ok(backend.peak <= 3);
  // A client that opens more than it may.
  const greedy = new RawHttp2Client(traffic.port);
  t.after(() => greedy.destroy());
  for (const stream of [1, 3, 5, 7]) greedy.ask(stream);
  assert.equal(await greedy.goneAway(), 1);
});

test('each stream takes a token', async (t) => {
  const { dialHttp2: dial } = await start(
    t,
    '',
    undefined,
    'rate_limit: { default: { capacity: 2, rate_per_second: 0.001 } }',
  );
  const client = dial();
  const answers = await Promise.all([1, 2, 3].map(() => askHttp2(client, '/')));
  assert.equal(answers.filter(({ status }) => status === 429).length, 1);
});

test('a body beyond max_body_bytes is 413, announced or not', async (t) => {
  const { dialHttp2: dial } = await start(t, '', undefined, 'routes: [{ pool: default, max_body_bytes: 1000 }]');
  const client = dial();
  const body = 'x'.repeat(2000);
  assert.equal((await askHttp2(client, '/', { body })).status, 413);
  assert.equal((await askHttp2(client, '/', { body, headers: { 'content-length': '2000' } })).status, 413);
  assert.equal((await askHttp2(client, '/', { body: 'x'.repeat(1000) })).status, 200);
});

test('a stopping gateway says goodbye, lets open streams end and refuses new ones', async (t) => {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'server: { http2: { h2c: true } }'));
  const busy = new RawHttp2Client(traffic.port).ask(1);
  const idle = new RawHttp2Client(traffic.port);
  t.after(() => busy.destroy());
  await backend.asked(1);
  await idle.until((received) => received.length > 30);
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: 30_000 });
  assert.equal(await busy.goneAway(), 0);
  // The last stream that is processed.
  assert.equal(busy.frames.find(({ type }) => type === FRAME.goaway)!.payload.readUInt32BE(), 1);
  await idle.closed();
  busy.ask(3);
  backend.answer();
  assert.equal(await busy.ended(1), null);
  await busy.closed();
  assert.equal(backend.requests.length, 1);
});

test('a client that only half closes its connection is not waited for', async (t) => {
  const { dial } = await start(t, '');
  const client = dial().ask(1);
  await client.ended(1);
  client.socket.end();
  await client.closed();
});

test('a connection on which many large answers were cancelled still gets new ones', async (t) => {
  const large = rawResponse('x'.repeat(200_000));
  const backend = await startRawBackend((request, socket) => {
    socket.write(request.startsWith('GET /large') ? large : rawResponse('ok'));
  });
  t.after(() => backend.close());
  const yaml = 'server: { http2: { h2c: true, reset_burst: 10000 } }\nrate_limit: { enabled: false }\n';
  const traffic = await startTraffic(poolOf([backend.url], yaml));
  t.after(() => traffic.close());
  const client = new RawHttp2Client(traffic.port, { [INITIAL_WINDOW]: 0 });
  t.after(() => client.destroy());
  // Node counts for the connection what a stream that is reset had still to send: it would refuse streams at 10 MB.
  const count = 900;
  for (let at = 0; at < count; at += 1) {
    const stream = 2 * at + 1;
    client.ask(stream, requestFields([], 'GET', '/large'));
    await client.until(() => client.frames.some(({ type, stream: id }) => type === FRAME.headers && id === stream));
    client.send(frame(FRAME.reset, 0, stream, '\0\0\0\x08'));
    client.received = '';
  }
  client.ask(2 * count + 1).send(frame(FRAME.windowUpdate, 0, 2 * count + 1, '\0\0\x10\0'));
  assert.equal(await client.ended(2 * count + 1), null);
});

/** Before a thread stops: its clients learn to go on elsewhere, and nothing that they send until then is lost. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startHeldBackend } from '../support/held-backend.ts';
import { FRAME, RawHttp2Client } from '../support/http2-frames.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
/** So long that no idle connection is closed in the first half. */
const LONG_MS = 600_000;

async function start(t: TestContext, more = ''): Promise<Traffic> {
  const backend = await startRawBackend(rawResponse('ok'));
  const traffic = await startTraffic(poolOf([backend.url], `rate_limit: { enabled: false }\n${more}`));
  t.after(() => Promise.all([traffic.close(), backend.close()]));
  return traffic;
}

function answers(received: string): number {
  return received.split('HTTP/1.1 200 OK').length - 1;
}

/** A connection that has had an answer, and is idle. */
async function kept(t: TestContext, traffic: Traffic): Promise<RawClient> {
  const client = new RawClient(traffic.port).send(GET);
  t.after(() => client.destroy());
  await client.until((received) => received.endsWith('ok'));
  return client;
}

/** Rejects with what has broken the connection. */
async function endedBy(socket: Socket): Promise<void> {
  await once(socket, 'end');
}

test('the next answer on a kept connection says that it closes, and does so', async (t) => {
  const traffic = await start(t);
  const client = await kept(t, traffic);
  traffic.thread.handle({ type: 'drain', delayMs: LONG_MS });
  const ended = endedBy(client.socket);
  const received = await client.send(GET).closed();
  await ended;
  assert.equal(answers(received), 2);
  assert.equal(received.match(/connection: keep-alive/gi)?.length, 1);
  assert.match(received, /Connection: close\r\n\r\nok$/);
});

test('so does the answer on a new connection, and an error', async (t) => {
  const traffic = await start(t, 'routes: [{ path_prefix: /known, pool: default }]');
  traffic.thread.handle({ type: 'drain', delayMs: LONG_MS });
  const known = await new RawClient(traffic.port).send(GET.replace('/', '/known')).closed();
  assert.match(known, /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n/);
  const unknown = await new RawClient(traffic.port).send(GET).closed();
  assert.match(unknown, /^HTTP\/1\.1 404 [^]*Connection: close\r\n/);
});

test('a connection whose answer had begun before stays open for one more request', async (t) => {
  let end = (): void => undefined;
  const backend = await startRawBackend((request, socket) => {
    if (request.startsWith('GET /1')) return void socket.write(rawResponse('next'));
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
    end = (): void => void socket.write('half');
  });
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => Promise.all([traffic.close(), backend.close()]));
  const client = new RawClient(traffic.port).send(GET);
  await client.until('half');
  traffic.thread.handle({ type: 'drain', delayMs: LONG_MS });
  end();
  await client.until('halfhalf');
  const received = await client.send(GET.replace('/', '/1')).closed();
  assert.match(received, /Connection: close\r\n\r\nnext$/);
});

test('of requests that were sent together, the last answer closes the connection', async (t) => {
  const backend = await startHeldBackend();
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => Promise.all([traffic.close(), backend.close()]));
  const client = new RawClient(traffic.port).send(GET + GET + GET);
  await backend.asked(3);
  traffic.thread.handle({ type: 'drain', delayMs: LONG_MS });
  for (let count = 0; count < 3; count += 1) backend.answer();
  const received = await client.closed();
  assert.equal(answers(received), 3);
  assert.equal(received.match(/connection: close/gi)?.length, 1);
});

test('idle connections end in the second half, one that never asked at the stop', async (t) => {
  const traffic = await start(t);
  const clients = await Promise.all(Array.from({ length: 5 }, () => kept(t, traffic)));
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
  const silent = new RawClient(traffic.port);
  await eventually('it is accepted', () => sockets.length === 1);
  const beganMs = performance.now();
  const ends = clients.map(({ socket }) => endedBy(socket));
  traffic.thread.handle({ type: 'drain', delayMs: 400 });
  await Promise.all(ends);
  assert.ok(performance.now() - beganMs >= 200);
  assert.equal(silent.isClosed, false);
  const ended = endedBy(silent.socket);
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: LONG_MS });
  await ended;
});

test('a request that has arrived when the server closes is answered, although nobody has read it', async (t) => {
  const traffic = await start(t);
  const clients = await Promise.all(Array.from({ length: 3 }, () => kept(t, traffic)));
  // The kernel has it when send() returns.
  for (const client of clients) client.send(GET);
  (traffic.thread.app.server as unknown as Server).close();
  for (const client of clients) assert.equal(answers(await client.closed()), 2);
});

function lastStreams(client: RawHttp2Client): number[] {
  return client.frames.filter(({ type }) => type === FRAME.goaway).map(({ payload }) => payload.readUInt32BE());
}

test('HTTP/2 connections end in the second half, idle or not, and running streams are answered', async (t) => {
  const backend = await startHeldBackend();
  const traffic = await startTraffic(poolOf([backend.url], 'server: { http2: { h2c: true } }'));
  t.after(() => Promise.all([traffic.close(), backend.close()]));
  const dial = (): RawHttp2Client => {
    const client = new RawHttp2Client(traffic.port);
    t.after(() => client.destroy());
    return client;
  };
  const [idle, busy, unused] = [dial().ask(1), dial(), dial()];
  await backend.asked(1);
  backend.answer();
  await idle.ended(1);
  busy.ask(1);
  await backend.asked(2);
  await unused.until(() => unused.frames.length > 0);
  const beganMs = performance.now();
  traffic.thread.handle({ type: 'drain', delayMs: 400 });
  await Promise.all([idle.closed(), busy.goneAway()]);
  assert.ok(performance.now() - beganMs >= 200);
  backend.answer();
  assert.equal(await busy.ended(1), null);
  await busy.closed();
  for (const client of [idle, busy]) assert.deepEqual([...new Set(lastStreams(client))], [1]);

  // The answer on a new one does not end it at once: its client could only come again.
  unused.ask(1);
  await backend.asked(3);
  backend.answer();
  assert.equal(await unused.ended(1), null);
  await unused.closed();
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';
import { SWITCHED, upgradeRequest } from '../support/upgrade-backend.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

async function start(
  t: TestContext,
  server: string,
  answer: Parameters<typeof startRawBackend>[0] = rawResponse('ok'),
) {
  const backend = await startRawBackend(answer);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `server: { ${server} }`));
  t.after(() => traffic.close());
  return { backend, traffic };
}

function dial(t: TestContext, traffic: Traffic): RawClient {
  const client = new RawClient(traffic.port);
  t.after(() => client.destroy());
  return client;
}

/** A client that sends too slowly: the pause between its bytes is the subject. Ends with the connection. */
async function drip(client: RawClient, byte: string): Promise<void> {
  while (!client.isClosed) {
    client.send(byte);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('an incomplete or missing head is 408 and closed', async (t) => {
  const { traffic } = await start(t, 'head_timeout: 300ms');
  const slow = dial(t, traffic).send('GET / HTTP/1.1\r\nX-Slow: ');
  const silent = dial(t, traffic);
  void drip(slow, 'x');
  assert.match(await slow.closed(), /^HTTP\/1\.1 408 .*GW_REQUEST_TIMEOUT/s);
  assert.match(await silent.closed(), /^HTTP\/1\.1 408 /);
});

test('a body that takes longer than a request may is 408', async (t) => {
  const { traffic } = await start(t, 'request_timeout: 300ms, head_timeout: 200ms, min_body_rate: 0');
  const client = dial(t, traffic).send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
  void drip(client, 'x');
  assert.match(await client.closed(), /^HTTP\/1\.1 408 /);
});

for (const [claim, head] of [
  ['is kept for a replay', 'Content-Length: 1000'],
  ['streams', 'Transfer-Encoding: chunked'],
]) {
  test(`a body that ${claim} and comes too slowly is 408 and closed, and nobody else is blamed`, async (t) => {
    const { traffic } = await start(t, 'min_body_rate: 1000, body_rate_window: 200ms', () => undefined);
    const client = dial(t, traffic).send(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
    void drip(client, head!.startsWith('T') ? '1\r\nx\r\n' : 'x');
    assert.match(await client.closed(), /^HTTP\/1\.1 408 .*GW_REQUEST_TIMEOUT/s);
    const line = await traffic.logged((each) => each['msg'] === 'request');
    assert.equal(line['error'], 'GW_REQUEST_TIMEOUT');
    await eventually('nothing runs', () => traffic.tables.backends.inFlight(0) === 0);
    assert.equal(traffic.tables.backends.failures(0), 0);
  });
}

test('a body that arrives fast enough may take its time', async (t) => {
  const { traffic } = await start(t, 'min_body_rate: 1000, body_rate_window: 1s');
  const client = dial(t, traffic).send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  // Two windows long in all, on purpose: the rate of sending is the subject.
  for (const end = performance.now() + 2200; performance.now() < end;) {
    client.send(`7d0\r\n${'x'.repeat(2000)}\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await client.send('0\r\n\r\n').until('ok');
});

test('a client is not to blame for a body that the backend does not take', async (t) => {
  const backend = await startRawServer((socket) => {
    socket.pause();
    // Three windows, on purpose: time is the subject here.
    setTimeout(() => {
      let bytes = 0;
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        if (bytes > 20_000_000) socket.end(rawResponse('at last'));
      });
      socket.resume();
    }, 1000);
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'server: { min_body_rate: 1000, body_rate_window: 300ms }'));
  t.after(() => traffic.close());
  const answer = await httpRequest(`${traffic.url}/`, { method: 'POST', body: Buffer.alloc(20_000_000) });
  assert.equal(answer.body, 'at last');
});

test('a client that takes nothing of its answer is cut off, one that takes it slowly is not', async (t) => {
  const { traffic } = await start(t, 'write_timeout: 2s', (_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n');
    socket.write(Buffer.alloc(30_000_000));
  });
  const stuck = dial(t, traffic).send(GET);
  await once(stuck.socket, 'data');
  stuck.socket.pause();

  const slow = dial(t, traffic);
  slow.socket.removeAllListeners('data');
  let bytes = 0;
  let isCut = false;
  slow.socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (isCut) return;
    slow.socket.pause();
    setTimeout(() => slow.socket.resume(), 20);
  });
  slow.send(GET);

  await traffic.logged((line) => line['reason'] === 'slow_reader');
  isCut = true;
  await eventually('one is cut, one goes on', () => traffic.tables.backends.inFlight(0) === 1 || bytes > 30_000_000);
  await eventually('all of it has come', () => bytes > 30_000_000, 30_000);
  assert.equal(traffic.tables.backends.failures(0), 0);
});

/** Reads 64 bytes now and then: the pause between its reads is the subject. Ends with the connection. */
async function sip(socket: Socket): Promise<void> {
  socket.removeAllListeners('data');
  socket.on('readable', () => undefined);
  // A client that reads slowly: the pause between its reads is the subject.
  while (!socket.destroyed) {
    socket.read(64);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const [claim, head] of [
  ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n'],
  ['to the end of the connection', 'HTTP/1.1 200 OK\r\n\r\n'],
  ['that is an event stream', 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'],
  ['through a tunnel', SWITCHED],
] as const) {
  test(`clients that sip at an answer ${claim} are cut off, a stream that waits for its backend is not`, async (t) => {
    const quiet: Socket[] = [];
    const { traffic } = await start(
      t,
      'min_response_rate: 100000, body_rate_window: 300ms, write_timeout: 60s',
      (request, socket) => {
        if (request.startsWith('GET /quiet')) {
          quiet.push(socket);
          socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: here\n\n');
        } else {
          socket.write(head);
          socket.write(Buffer.alloc(30_000_000));
        }
      },
    );
    const stream = dial(t, traffic).send('GET /quiet HTTP/1.1\r\nHost: x\r\n\r\n');
    await stream.until(': here');
    const slow = [1, 2, 3].map(() => dial(t, traffic).send(head === SWITCHED ? upgradeRequest() : GET));
    for (const { socket } of slow) void sip(socket);
    await traffic.logged((line) => line['reason'] === 'slow_reader');
    await eventually('only the quiet one is left', () => traffic.tables.backends.inFlight(0) === 1);
    quiet[0]!.write('data: still\n\n');
    await stream.until('data: still');
    assert.equal(traffic.tables.backends.failures(0), 0);
  });
}

test('an idle connection is closed after its time', async (t) => {
  const { traffic } = await start(t, 'keep_alive: 100ms');
  assert.match(await dial(t, traffic).send(GET).closed(), /^HTTP\/1\.1 200 /);
});

test('connections beyond the limit are closed at once and counted; one that ends makes room', async (t) => {
  const { traffic } = await start(t, 'max_connections: 2');
  const [first] = [dial(t, traffic), dial(t, traffic)];
  await eventually('both are in', () => traffic.tables.connections.total() === 2);
  assert.equal(await dial(t, traffic).closed(), '');
  const line = await traffic.logged((each) => each['msg'] === 'connections refused');
  assert.equal(line['reason'], 'max_connections');
  first!.destroy();
  await eventually('there is room', () => traffic.tables.connections.total() === 1);
  await dial(t, traffic).send(GET).until('ok');
});

test('of requests at once, as many are answered as the connection may have, and then it closes', async (t) => {
  const { backend, traffic } = await start(t, 'max_requests_per_connection: 3', (_request, socket) => {
    setImmediate(() => socket.write(rawResponse('ok')));
  });
  for (const count of [3, 6, 20]) {
    const before = backend.requests.length;
    const answer = await dial(t, traffic).send(GET.repeat(count)).closed();
    assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), Array<string>(3).fill('HTTP/1.1 200'));
    assert.equal(answer.match(/\r\nconnection: close\r\n/gi)!.length, 1);
    assert.equal(backend.requests.length - before, 3);
  }
});

test('the limit of one address holds for it alone, not for trusted proxies and the allowlist', async (t) => {
  const { traffic } = await start(
    t,
    'max_connections_per_ip: 1, proxy_protocol: v1, proxy_protocol_from: [127.0.0.1], trust_proxy: [10.0.0.0/8]',
  );
  const from = (address: string): RawClient => dial(t, traffic).send(`PROXY TCP4 ${address} 10.0.0.2 1 2\r\n${GET}`);
  const first = from('192.0.2.1');
  await first.until('ok');
  assert.equal(await from('192.0.2.1').closed(), '');
  await from('192.0.2.2').until('ok');
  await from('10.0.0.1').until('ok');
  await from('10.0.0.1').until('ok');
  first.destroy();
  await eventually('there is room', () => traffic.tables.connections.total() === 3);
  await from('192.0.2.1').until('ok');
});

test('the last request that a connection may carry is answered with Connection: close', async (t) => {
  const { backend, traffic } = await start(t, 'max_requests_per_connection: 2');
  const client = dial(t, traffic).send(GET);
  assert.doesNotMatch(await client.until('ok'), /connection: close/i);
  client.send(GET);
  assert.match(await client.until((received) => received.split('ok').length === 3), /connection: close/i);
  // A client that goes on all the same.
  client.send(GET);
  assert.equal((await client.closed()).match(/HTTP\/1\.1/g)!.length, 2);
  assert.equal(backend.requests.length, 2);
});

test('header fields beyond the limit are 431, those within it all arrive', async (t) => {
  const { backend, traffic } = await start(t, 'max_headers: 100');
  const fields = (count: number): string =>
    `GET / HTTP/1.1\r\nHost: x\r\n${Array.from({ length: count - 1 }, (_, at) => `X-${at}: ${at}\r\n`).join('')}\r\n`;
  await dial(t, traffic).send(fields(100)).until('ok');
  for (let at = 0; at < 99; at += 1) assert.ok(backend.requests[0]!.includes(`\r\nX-${at}: ${at}\r\n`));
  assert.match(await dial(t, traffic).send(fields(101)).until('}'), /^HTTP\/1\.1 431 .*GW_HEAD_TOO_LARGE/s);
  assert.equal(backend.requests.length, 1);
});

test('many more fields than Node would keep are all counted, none is dropped', async (t) => {
  const { backend, traffic } = await start(t, 'max_headers: 10000, max_head_bytes: 1048576');
  const lines = Array.from({ length: 5000 }, (_, at) => `X-${at}: ${at}\r\n`).join('');
  await dial(t, traffic).send(`GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`).until('ok');
  assert.ok(backend.requests[0]!.includes('\r\nX-4999: 4999\r\n'));
});

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

test('a backend that never answers causes a 504, which counts as its failure', async (t) => {
  const backend = await startRawBackend(() => undefined);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'routes: [{ pool: default, timeout: 100ms }]'));
  t.after(() => traffic.close());
  const answer = await httpRequest(`${traffic.url}/`);
  assert.equal(answer.status, 504);
  assert.equal(answer.json()['error'], 'GW_RESPONSE_TIMEOUT');
  assert.equal(traffic.tables.backends.failures(0), 1);
  assert.equal(traffic.tables.backends.inFlight(0), 0);
});

test('the response timeout of a pool ends one attempt', async (t) => {
  const backend = await startRawBackend(() => undefined);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'timeouts: { response: 100ms }'));
  t.after(() => traffic.close());
  assert.equal((await httpRequest(`${traffic.url}/`)).status, 504);
});

test('a body that stops coming is cut visibly', async (t) => {
  const backend = await startRawBackend('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'timeouts: { idle: 100ms }'));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const answer = await client.closed();
  assert.ok(answer.endsWith('half'), answer);
  assert.equal(traffic.tables.backends.failures(0), 1);
});

test('an event stream is not cut while it is idle, and its first event comes at once', async (t) => {
  const backend = await startRawBackend((_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n');
    // Longer than the idle timeout, on purpose: time is the subject here.
    setTimeout(() => socket.end('data: 2\n\n'), 1500);
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'timeouts: { idle: 100ms }'));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.doesNotMatch(await client.until('data: 1'), /data: 2/);
  await client.until('data: 2');
  await client.until('0\r\n\r\n');
  client.destroy();
});

test('a client too slow to send its body is answered 408, and no backend is blamed', async (t) => {
  const backend = await startRawServer((socket) => void socket.resume());
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'routes: [{ pool: default, timeout: 150ms }]'));
  t.after(() => traffic.close());
  for (const length of [1000, 1_000_000]) {
    const client = new RawClient(traffic.port).send(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\nonly this`,
    );
    assert.match(await client.until('GW_REQUEST_TIMEOUT'), /^HTTP\/1\.1 408 /);
    client.destroy();
  }
  assert.equal(traffic.tables.backends.failures(0), 0);
  assert.equal(traffic.tables.backends.inFlight(0), 0);
});

/** For an answer that breaks off, only its end is awaited. */
const NEVER = /^$./;

/** Requests that hit a backend's slow path, each in its way, and their outcomes. */
const SLOW: [name: string, more: string, slow: (socket: Socket) => void, request: string, comes: RegExp][] = [
  ['no head within timeouts.response', 'timeouts: { response: 200ms }', () => undefined, '', /^HTTP\/1\.1 504 /],
  [
    'no head within the timeout of the route',
    'routes: [{ pool: default, timeout: 200ms }]',
    () => undefined,
    '',
    /^HTTP\/1\.1 504 /,
  ],
  [
    'a body that stalls',
    'timeouts: { idle: 200ms }',
    (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    '',
    NEVER,
  ],
  [
    'an upgrade that is not answered',
    'timeouts: { response: 200ms }',
    () => undefined,
    'Connection: Upgrade\r\nUpgrade: websocket\r\n',
    /^HTTP\/1\.1 504 /,
  ],
];

for (const [name, more, slow, fields, comes] of SLOW) {
  test(`one slow path does not open the circuit, or eject, while the probes are good: ${name}`, async (t) => {
    const backends = await Promise.all(
      ['one', 'other'].map((body) =>
        startRawBackend((request, socket) =>
          request.startsWith('GET /slow') ? slow(socket) : void socket.write(rawResponse(body)),
        ),
      ),
    );
    t.after(() => Promise.all(backends.map((backend) => backend.close())));
    const traffic = await startTraffic(
      poolOf(
        backends.map(({ url }) => url),
        `    algorithm: round-robin\nhealth_check: { path: /health }\nretries: { attempts: 0 }\n${more}\n`,
      ),
    );
    t.after(() => traffic.close());
    for (const index of [0, 1]) traffic.tables.backends.setHealth(index, 'up');
    const askSlowly = async (count: number): Promise<void> => {
      const clients = Array.from({ length: count }, async () => {
        const client = new RawClient(traffic.port).send(`GET /slow HTTP/1.1\r\nHost: x\r\n${fields}\r\n`);
        await client.until((received) => client.isClosed || comes.test(received) || received.includes('GW_NO_BACKEND'));
        client.destroy();
      });
      await Promise.all(clients);
    };
    await askSlowly(14);
    await eventually('every attempt is counted', () => traffic.tables.backends.failures(1) === 7);
    const bodies = [await httpRequest(traffic.url), await httpRequest(traffic.url)].map(({ body }) => body);
    assert.deepEqual(bodies.sort(), ['one', 'other']);
    assert.ok(!traffic.messages.some(({ type }) => type === 'passive_errors'));

    // By their share they do: at least 22 of 23 in the window.
    await askSlowly(30);
    await traffic.logged((line) => line['msg'] === 'circuit opened');
  });
}

test('a head that begins behind other requests has the time limit of heads', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'server: { head_timeout: 100ms, keep_alive: 24h }'));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT');
  assert.match(await client.closed(), /ok.*HTTP\/1\.1 408 /s);
});

for (const end of ['takes too long', 'breaks off'] as const) {
  test(`a request that was answered before its body gets no second answer when that ${end}`, async (t) => {
    const backend = await startRawBackend(rawResponse('ok'));
    t.after(() => backend.close());
    const traffic = await startTraffic(
      poolOf(
        [backend.url],
        'routes: [{ path_prefix: /a, pool: default }]\nserver: { request_timeout: 300ms, min_body_rate: 0 }',
      ),
    );
    t.after(() => traffic.close());
    const client = new RawClient(traffic.port).send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx');
    await client.until('GW_NO_ROUTE');
    if (end === 'breaks off') client.socket.end();
    const answer = await client.closed();
    assert.equal(answer.match(/HTTP\/1\.1 \d/g)!.length, 1, answer);
    assert.equal(traffic.log.filter(({ msg }) => msg === 'request').length, 1);
  });
}

test('a client that pauses within its body is not a backend that is late', async (t) => {
  const backend = await startRawBackend((request, socket) => {
    if (request.includes('/silent')) return;
    socket.on('data', (bytes) => {
      if (bytes.toString().includes('last')) socket.write(rawResponse('ok'));
    });
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], '    timeouts: { response: 150ms }\n'));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n',
  );
  await eventually('it has begun', () => backend.requests.length === 1);
  // The time passes for another one.
  assert.equal((await httpRequest(`${traffic.url}/silent`)).status, 504);
  client.send('4\r\nlast\r\n0\r\n\r\n');
  assert.match(await client.until('ok'), /^HTTP\/1\.1 200 /);
  client.destroy();
});

test('a body that its backend takes late is not a client that is late', async (t) => {
  const total = 16 * 1024 * 1024;
  let received = 0;
  const backend = await startRawServer((socket) => {
    socket.once('data', () => socket.pause());
    socket.on('data', (bytes) => {
      received += bytes.length;
      if (received > total) socket.end(rawResponse('ok'));
    });
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf(
      [backend.url],
      'server: { request_timeout: 2s, min_body_rate: 0 }\nroutes: [{ pool: default, timeout: 0s }]',
    ),
  );
  t.after(() => traffic.close());
  const post = (length: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
  const client = new RawClient(traffic.port).send(post(total)).send(Buffer.alloc(total));
  await eventually('the backend has a part', () => received > 0);
  // Its time passes for another one, which began later.
  assert.match(await new RawClient(traffic.port).send(post(9)).closed(), /^HTTP\/1\.1 408 /);
  assert.ok(received < total);
  backend.sockets[0]!.resume();
  assert.match(await client.until('ok'), /^HTTP\/1\.1 200 /);
});

/** A client that leaves ends its request at any stage; nobody is blamed, and nothing is left behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendRow } from '../../src/backends/backend-row.ts';
import { Circuits } from '../../src/breaker/circuits.ts';
import { trialsOf } from '../../src/breaker/core/circuit-breaker.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

test('while the body is still read: no backend knows about it', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbody');
  await eventually('the connection is open', () => traffic.thread.app.server.listening);
  client.socket.end();
  await traffic.logged(({ msg }) => msg === 'request');
  assert.equal(traffic.tables.backends.inFlight(0), 0);
  assert.equal(backend.sockets.length, 0);
});

test('while a chunked body streams: the backend’s connection is cut, no whole request arrives', async (t) => {
  const backend = await startRawBackend(() => undefined);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n',
  );
  await eventually('it is under way', () => backend.requests.length === 1);
  let received = '';
  backend.sockets[0]!.on('data', (bytes) => (received += bytes.toString()));
  client.destroy();
  await eventually('it is cut', () => backend.sockets[0]!.destroyed);
  assert.doesNotMatch(received, /0\r\n\r\n/);
  assert.equal(traffic.tables.backends.inFlight(0), 0);
  assert.equal(traffic.tables.backends.failures(0), 0);
});

test('while it waits for a connection: it is never sent, and the connection it waited for is used again', async (t) => {
  let release = (): void => undefined;
  const backend = await startRawBackend((request, socket) => {
    if (request.includes('/slow')) release = (): void => void socket.write(rawResponse('slow'));
    else socket.write(rawResponse('ok'));
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], '    max_connections: 1\n    connection_wait: 24h'));
  t.after(() => traffic.close());
  const slow = httpRequest(`${traffic.url}/slow`);
  await eventually('the only connection is taken', () => backend.requests.length === 1);
  const client = new RawClient(traffic.port).send(GET.replace('/', '/left'));
  await eventually('another waits', () => traffic.tables.queues.length(0) === 1);
  client.destroy();
  await eventually('it waits no more', () => traffic.tables.queues.length(0) === 0);
  release();
  assert.equal((await slow).body, 'slow');
  assert.equal((await httpRequest(`${traffic.url}/next`)).body, 'ok');
  assert.deepEqual(
    backend.requests.map((request) => request.split(' ', 2)[1]),
    ['/slow', '/next'],
  );
  assert.equal(backend.sockets.length, 1);
  assert.equal(traffic.tables.backends.failures(0), 0);
});

test('while it waits for a retry: no further attempt is made, and its trial and slot are free again', async (t) => {
  const resets = await startRawBackend((_request, socket) => socket.resetAndDestroy());
  const other = await startRawBackend(rawResponse('ok'));
  t.after(() => Promise.all([resets.close(), other.close()]));
  const traffic = await startTraffic(
    poolOf(
      [resets.url, other.url],
      '    algorithm: round-robin\n    max_in_flight: 1\nretries: { backoff_base: 60s, backoff_max: 60s }',
    ),
  );
  t.after(() => traffic.close());
  const { backends, clock } = traffic.tables;
  // Half-open from now on: whatever is sent there is a trial.
  new Circuits(backends, new BackendRow(backends, 0), Math.random).forceOpen(1, clock.nowMs());
  const client = new RawClient(traffic.port).send(GET);
  await eventually('the first try failed', () => backends.failures(0) === 1);
  assert.deepEqual([trialsOf(backends.circuitWord(1)), backends.isFull(1, 1)], [1, true]);
  client.destroy();
  await traffic.logged(({ msg }) => msg === 'request');
  assert.deepEqual([trialsOf(backends.circuitWord(1)), backends.isFull(1, 1)], [0, false]);
  assert.equal(other.requests.length, 0);
});

test('while the connection to the backend is made', async (t) => {
  // Nothing accepts: a full listener queue would do as well, but differs between systems.
  const traffic = await startTraffic(poolOf([`http://127.0.0.1:${await freePort()}`], 'retries: { attempts: 0 }'));
  t.after(() => traffic.close());
  const clients = Array.from({ length: 20 }, () => new RawClient(traffic.port).send(GET));
  await clients[0]!.until('502');
  for (const client of clients) client.destroy();
  await eventually('nothing runs', () => traffic.tables.backends.inFlight(0) === 0);
});

test('while the answer comes: the backend is stopped', async (t) => {
  const backend = await startRawBackend((_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf');
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(GET);
  await client.until('half');
  client.destroy();
  await eventually('its connection is cut', () => backend.sockets[0]!.destroyed);
  assert.equal(traffic.tables.backends.inFlight(0), 0);
  assert.equal(traffic.tables.backends.failures(0) + traffic.tables.backends.successes(0), 0);
});

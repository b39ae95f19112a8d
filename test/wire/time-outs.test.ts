import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

test('a backend that never answers is answered for with 504, and it counts as its failure', async (t) => {
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

test('the response time-out of a pool ends one try', async (t) => {
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
    // Longer than the idle time-out, on purpose: time is the subject here.
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

test('a client too slow to send its body is told so with 408, and no backend is blamed', async (t) => {
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

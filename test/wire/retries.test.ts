import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unchunked } from '../support/decoded-body.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const ROUND_ROBIN = '    algorithm: round-robin\n';

test('a backend that refuses the connection costs no request, not even a POST', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([`http://127.0.0.1:${await freePort()}`, backend.url], ROUND_ROBIN));
  t.after(() => traffic.close());

  for (let count = 0; count < 8; count += 1) {
    const small = await httpRequest(`${traffic.url}/`, { method: 'POST', body: 'x'.repeat(100) });
    assert.equal(small.status, 200);
    const large = await httpRequest(`${traffic.url}/`, { method: 'POST', body: 'x'.repeat(200_000) });
    assert.equal(large.status, 200);
  }
  assert.ok(backend.requests.every((request) => request.includes('xxx')));
});

test('a GET that was reset is retried on another backend, a POST is not: it may have been executed', async (t) => {
  const resets = await startRawBackend((_request, socket) => socket.destroy());
  const works = await startRawBackend(rawResponse('ok'));
  t.after(() => Promise.all([resets.close(), works.close()]));
  const traffic = await startTraffic(
    poolOf(
      [resets.url, works.url],
      `${ROUND_ROBIN}circuit_breaker: { enabled: false }\npassive_health: { enabled: false }`,
    ),
  );
  t.after(() => traffic.close());

  for (let count = 0; count < 4; count += 1) assert.equal((await httpRequest(`${traffic.url}/`)).status, 200);
  const statuses: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    statuses.push((await httpRequest(`${traffic.url}/`, { method: 'POST', body: 'once' })).status);
  }
  assert.deepEqual(
    statuses.sort((a, b) => a - b),
    [200, 200, 502, 502],
  );
  // With a key, the backend can recognize a repetition.
  for (let count = 0; count < 4; count += 1) {
    const headers = { 'idempotency-key': `k${count}` };
    assert.equal((await httpRequest(`${traffic.url}/`, { method: 'POST', body: 'once', headers })).status, 200);
  }
});

test('a 503 is retried elsewhere; the answer of the last backend is passed on as it is', async (t) => {
  const first = await startRawBackend(rawResponse('full', '503 Full Up'));
  const second = await startRawBackend(rawResponse('ok'));
  t.after(() => Promise.all([first.close(), second.close()]));
  const traffic = await startTraffic(poolOf([first.url, second.url], ROUND_ROBIN));
  t.after(() => traffic.close());
  for (let count = 0; count < 4; count += 1) assert.equal((await httpRequest(`${traffic.url}/`)).body, 'ok');

  const alone = await startTraffic(poolOf([first.url]));
  t.after(() => alone.close());
  const answer = await httpRequest(`${alone.url}/`);
  assert.equal(answer.status, 503);
  assert.equal(answer.body, 'full');
});

test('no more tries than configured are made, then one well-formed 502', async (t) => {
  const urls = await Promise.all([1, 2, 3, 4].map(async () => `http://127.0.0.1:${await freePort()}`));
  const traffic = await startTraffic(poolOf(urls, 'retries: { attempts: 2 }'));
  t.after(() => traffic.close());
  const answer = await httpRequest(`${traffic.url}/`);
  assert.equal(answer.status, 502);
  assert.equal(answer.json()['error'], 'GW_BACKEND_UNREACHABLE');
  const line = await traffic.logged((each) => each['msg'] === 'request');
  assert.equal(line['tries'], 3);
});

test('a 503 after a body that cannot be sent again is passed on: no backend gets half a request', async (t) => {
  const first = await startRawServer((socket) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.endsWith('0\r\n\r\n')) socket.write(rawResponse('full', '503 Full Up'));
    });
  });
  const second = await startRawBackend(rawResponse('ok'));
  t.after(() => Promise.all([first.close(), second.close()]));
  const traffic = await startTraffic(poolOf([first.url, second.url], ROUND_ROBIN));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    `POST / HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
  );
  assert.match(await client.until('full'), /^HTTP\/1\.1 503 /);
  client.destroy();
  assert.equal(second.requests.length, 0);
});

test('an unwanted answer whose body does not come to its end keeps no connection', async (t) => {
  const stalls = await startRawBackend('HTTP/1.1 503 Full Up\r\nContent-Length: 100\r\n\r\nhalf');
  const works = await startRawBackend(rawResponse('ok'));
  t.after(() => Promise.all([stalls.close(), works.close()]));
  const traffic = await startTraffic(poolOf([stalls.url, works.url], `${ROUND_ROBIN}    max_connections: 1\n`));
  t.after(() => traffic.close());
  while (stalls.sockets.length === 0) assert.equal((await httpRequest(`${traffic.url}/`)).body, 'ok');
  await eventually('it is closed', () => stalls.sockets[0]!.destroyed);
});

test('a body that comes during the back-off goes whole to the next backend', async (t) => {
  const refuses = await startRawBackend('HTTP/1.1 503 Full Up\r\nContent-Length: 100\r\n\r\nhalf');
  const received: string[] = [];
  let begun = 0;
  const takes = await startRawServer((socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      if (text === '') begun += 1;
      text += bytes.toString('latin1');
      if (!text.endsWith('0\r\n\r\n')) return;
      received.push(text.slice(text.indexOf('\r\n\r\n') + 4));
      text = '';
      socket.write(rawResponse('ok'));
    });
  });
  t.after(() => Promise.all([refuses.close(), takes.close()]));
  const traffic = await startTraffic(
    poolOf([refuses.url, takes.url], `${ROUND_ROBIN}retries: { backoff_base: 200ms, backoff_max: 200ms }\n`),
  );
  t.after(() => traffic.close());
  const isRefused = (): boolean => traffic.tables.backends.failures(0) > 0;
  for (let count = 1; refuses.requests.length === 0; count += 1) {
    const client = new RawClient(traffic.port).send(
      'PUT / HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    await eventually('one has it', () => isRefused() || begun === count);
    client.send('5\r\nfirst\r\n');
    await eventually('the other has it', () => begun === count);
    client.send('4\r\nlast\r\n0\r\n\r\n');
    await client.until('ok');
    client.destroy();
  }
  // Chunks that are read at once become one.
  for (const body of received) assert.equal(`${unchunked(body).bytes}`, 'firstlast');
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpClient, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { RawClient, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

test('a large body passes both ways, and what comes out is what went in', async (t) => {
  const echo = createServer((request, response) => request.pipe(response));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  t.after(() => echo.close());
  const traffic = await startTraffic(poolOf([`http://127.0.0.1:${(echo.address() as AddressInfo).port}`]));
  t.after(() => traffic.close());

  const chunk = Buffer.alloc(64 * 1024, 'sluice');
  const outgoing = httpClient(`${traffic.url}/`, { method: 'POST', agent: false });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  let received = 0;
  const counting = answered.then(async ([response]) => {
    for await (const part of response) received += (part as Buffer).length;
  });
  for (let count = 0; count < 320; count += 1) {
    if (!outgoing.write(chunk)) await once(outgoing, 'drain');
  }
  outgoing.end();
  await counting;
  assert.equal(received, 320 * chunk.length);
});

test('a reader that stops stops the backend too', async (t) => {
  let written = 0;
  const backend = await startRawBackend((_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const chunk = Buffer.alloc(256 * 1024);
    const write = (): void => {
      while (written < 512 * 1024 * 1024) {
        written += chunk.length;
        if (!socket.write(chunk)) return void socket.once('drain', write);
      }
    };
    write();
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.until('200 OK');
  client.socket.pause();
  // Kernel buffers fill, then nothing moves: the count stands still over many turns.
  let before = -1;
  await eventually('the backend is stopped', () => {
    const isStill = written === before;
    before = written;
    return isStill;
  });
  assert.ok(written < 64 * 1024 * 1024, `${written} bytes were written`);
  client.destroy();
});

test('a client that leaves ends the work of the backend at once, and nobody is blamed', async () => {
  for (const bytes of [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\nbody',
  ]) {
    const backend = await startRawServer((socket) => void socket.resume());
    const traffic = await startTraffic(poolOf([backend.url]));
    const client = new RawClient(traffic.port).send(bytes);
    await eventually(
      'the request is under way',
      () => backend.sockets.length === 1 && traffic.tables.backends.inFlight(0) === 1,
    );
    client.destroy();
    await eventually(
      'nothing runs any more',
      () => traffic.tables.backends.inFlight(0) === 0 && backend.sockets[0]!.destroyed,
    );
    assert.equal(traffic.tables.backends.failures(0), 0);
    assert.equal(traffic.tables.backends.successes(0), 0);
    await traffic.close();
    await backend.close();
  }
});

test('a half-open trial whose client leaves is returned', async (t) => {
  const backend = await startRawServer((socket) => void socket.resume());
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'circuit_breaker: { half_open_trials: 1 }'));
  t.after(() => traffic.close());
  const { backends } = traffic.tables;
  // Open, and due: the next request is the trial.
  const { trip, trialsOf } = await import('../../src/breaker/core/circuit-breaker.ts');
  assert.ok(backends.swapCircuitWord(0, 0, trip(0)));
  backends.bumpAvailability();
  const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually('the trial is taken', () => trialsOf(backends.circuitWord(0)) === 1);
  client.destroy();
  await eventually('the trial is back', () => trialsOf(backends.circuitWord(0)) === 0);
});

test('an answer that the backend breaks off is cut, never a short body that looks whole', async () => {
  for (const head of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
    const body = head.startsWith('C') ? 'short' : '5\r\nshort\r\n';
    const backend = await startRawBackend((_request, socket) => {
      socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`);
    });
    const traffic = await startTraffic(poolOf([backend.url]));
    const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await client.closed();
    assert.doesNotMatch(answer, /\r\n0\r\n\r\n$/);
    assert.ok(!answer.includes('Content-Length') || answer.split('\r\n\r\n')[1]!.length < 100);
    assert.equal(traffic.tables.backends.failures(0), 1);
    await traffic.close();
    await backend.close();
  }
});

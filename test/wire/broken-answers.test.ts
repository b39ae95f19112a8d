import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

for (const [claim, bytes] of [
  ['before its head', ''],
  ['within its head', 'HTTP/1.1 200 OK\r\nContent-Le'],
] as const) {
  test(`an answer that ends ${claim} is 502, and a failure of the backend`, async (t) => {
    const backend = await startRawBackend((_request, socket) => void socket.end(bytes));
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url], 'retries: { attempts: 0 }'));
    t.after(() => traffic.close());
    const answer = await httpRequest(`${traffic.url}/`);
    assert.equal(answer.status, 502);
    assert.equal(answer.json()['error'], 'GW_BACKEND_RESET');
    assert.equal(traffic.tables.backends.failures(0), 1);
  });
}

for (const [claim, bytes] of [
  ['before its Content-Length', 'Content-Length: 100\r\n\r\nshort'],
  ['within a chunk', 'Transfer-Encoding: chunked\r\n\r\n64\r\nshort'],
  ['between chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n'],
  ['before the end of the last chunk', 'Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n0\r\n'],
] as const) {
  test(`an answer that ends ${claim} is cut, and a failure of the backend`, async (t) => {
    for (const ends of ['end', 'resetAndDestroy'] as const) {
      const backend = await startRawBackend((_request, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${bytes}`, () => socket[ends]());
      });
      t.after(() => backend.close());
      const traffic = await startTraffic(poolOf([backend.url], 'retries: { attempts: 0 }'));
      t.after(() => traffic.close());
      const answer = await new RawClient(traffic.port).send(GET).closed();
      assert.doesNotMatch(answer, /0\r\n\r\n$/);
      // A reset may overtake the head.
      if (answer.startsWith('HTTP/1.1 502 ')) assert.equal(ends, 'resetAndDestroy');
      assert.equal(traffic.tables.backends.failures(0), 1);
      assert.equal(traffic.tables.backends.inFlight(0), 0);
    }
  });
}

test('an HTTP/1.0 client sees that an answer is cut, because its connection is reset', async (t) => {
  const backend = await startRawBackend((_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n');
    socket.once('data', () => undefined);
    release = (): void => void socket.end();
  });
  let release = (): void => undefined;
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const socket = connect(traffic.port, '127.0.0.1').on('data', (chunk) => {
    if (chunk.toString().includes('short')) release();
  });
  socket.write('GET / HTTP/1.0\r\n\r\n');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
});

test('bytes that a backend sends after its answer never become the next one', async (t) => {
  const poison = rawResponse('poison');
  for (const surplus of [poison, `${poison}${poison}`, 'SURPLUS', '\r\n\r\nSURPLUS']) {
    for (const more of ['', '    max_connections: 1\n']) {
      const backend = await startRawBackend((request, socket) => {
        const name = request.split(' ', 2)[1]!;
        socket.write(rawResponse(name) + surplus);
      });
      t.after(() => backend.close());
      const traffic = await startTraffic(poolOf([backend.url], `${more}rate_limit: { enabled: false }`));
      t.after(() => traffic.close());
      const names = Array.from({ length: 12 }, (_, at) => `/${at}`);
      const answers = await Promise.all(names.map((name) => httpRequest(traffic.url + name)));
      for (const [at, { body, status }] of answers.entries()) {
        // Cut off by what came behind another answer: then it is an error of the gateway's, never poison.
        if (status === 200) assert.equal(body, names[at]);
        else assert.match(body, /GW_BACKEND_/);
      }
      for (const name of names.slice(0, 4)) assert.equal((await httpRequest(traffic.url + name)).body, name);
    }
  }
});

test('bytes that a backend sends to an idle connection never become an answer', async (t) => {
  const backend = await startRawBackend((request, socket) => {
    socket.write(rawResponse(request.split(' ', 2)[1]!), () => {
      setImmediate(() => socket.write(rawResponse('poison')));
    });
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  for (const name of ['/1', '/2', '/3', '/4', '/5']) {
    assert.equal((await httpRequest(traffic.url + name)).body, name);
  }
});

test('answers of HTTP/1.0, with a length or to the end of the connection, are passed on whole', async (t) => {
  const backend = await startRawBackend((request, socket) => {
    if (request.includes('/length')) socket.end('HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody');
    else if (request.includes('/1.1')) socket.end('HTTP/1.1 200 OK\r\n\r\nbody');
    else socket.end('HTTP/1.0 200 OK\r\n\r\nbody');
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  for (const path of ['/length', '/1.0', '/1.1']) {
    const answer = await httpRequest(traffic.url + path);
    assert.equal(answer.body, 'body');
    const old = await new RawClient(traffic.port).send(`GET ${path} HTTP/1.0\r\n\r\n`).closed();
    assert.match(old, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(old, /\r\n\r\nbody$/);
    assert.doesNotMatch(old, /transfer-encoding/i);
  }
  assert.equal(traffic.tables.backends.failures(0), 0);
});

test('an HTTP/1.0 client may keep its connection when the length is known', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port);
  for (let count = 0; count < 2; count += 1) {
    client.received = '';
    client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.match(await client.until('\r\n\r\nok'), /\r\nconnection: keep-alive\r\n/i);
  }
  client.destroy();
});

/** Requests to backends over HTTP/2, from clients that use HTTP/1.1. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { bodyOf, startHttp2Backend } from '../../support/http2-backend.ts';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { httpRequest } from '../../support/http-request.ts';
import { RawClient } from '../../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../../support/traffic.ts';
import { still } from '../../support/still.ts';
import { upgradeRequest } from '../../support/upgrade-backend.ts';

const H2C = '    protocol: h2c\n';
const H2 = '    protocol: h2\n    insecure_skip_tls_verify: true\n';
const GET = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

async function traffic(t: TestContext, urls: readonly string[], more = H2C): Promise<Traffic> {
  const running = await startTraffic(poolOf(urls, more));
  t.after(() => running.close());
  return running;
}

for (const [name, isTls, keys] of [
  ['h2c', false, H2C],
  ['h2', true, H2],
] as const) {
  test(`${name}: a request arrives with its control data, without fields of the connection`, async (t) => {
    const backend = await startHttp2Backend(t, undefined, { isTls });
    const { url } = await traffic(t, [backend.url], keys);
    const answer = await httpRequest(`${url}/path?query=1`, {
      headers: {
        host: 'shop.example',
        connection: 'keep-alive, x-hop',
        'x-hop': '1',
        te: 'trailers',
        'X-Mixed': 'Case',
        'x-bytes': 'caf\xe9',
      },
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.body, '/path?query=1');
    const { headers } = backend.asked[0]!;
    assert.equal(headers[':method'], 'GET');
    assert.equal(headers[':scheme'], isTls ? 'https' : 'http');
    assert.equal(headers[':authority'], 'shop.example');
    assert.equal(headers[':path'], '/path?query=1');
    assert.equal(headers['x-mixed'], 'Case');
    assert.equal(headers['x-bytes'], 'caf\xe9');
    assert.equal(headers.te, 'trailers');
    for (const field of ['host', 'connection', 'keep-alive', 'x-hop', 'transfer-encoding']) {
      assert.equal(headers[field], undefined, field);
    }
  });
}

test('h2c:// URLs need no protocol', async (t) => {
  const backend = await startHttp2Backend(t);
  const { url } = await traffic(t, [backend.url.replace('http:', 'h2c:')], '');
  assert.equal((await httpRequest(`${url}/path`)).body, '/path');
  assert.equal(backend.asked[0]!.headers[':scheme'], 'http');
});

for (const isLate of [false, true]) {
  test(`trailers follow an answer of known length${isLate ? ', later' : ''}`, async (t) => {
    const backend = await startHttp2Backend(t, ({ stream }) => {
      stream.resume();
      stream.on('wantTrailers', () => {
        const send = (): void => stream.sendTrailers({ 'x-sum': '1' });
        if (isLate) setImmediate(send);
        else send();
      });
      stream.respond({ ':status': 200, 'content-length': '4' }, { waitForTrailers: true });
      stream.end('body');
    });
    const { port } = await traffic(t, [backend.url], `${H2C}server: { http2: { h2c: true } }\n`);
    const answer = await askHttp2(dialHttp2(t, port), '/');
    assert.deepEqual([answer.headers['content-length'], answer.body, answer.trailers['x-sum']], ['4', 'body', '1']);
  });
}

test('a body of known length arrives whole', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    void bodyOf(stream).then((body) => {
      stream.respond({ ':status': 201 });
      stream.end(body);
    });
  });
  const { url } = await traffic(t, [backend.url]);
  for (const bytes of [1, 200_000]) {
    const { status, body } = await httpRequest(`${url}/`, { method: 'POST', body: 'x'.repeat(bytes) });
    assert.deepEqual([status, body.length], [201, bytes]);
  }
  assert.deepEqual(
    backend.asked.map(({ headers }) => headers['content-length']),
    ['1', '200000'],
  );
  const { status } = await httpRequest(`${url}/`, { method: 'POST', headers: { 'content-length': '0' } });
  assert.equal(status, 201);
});

test('a body in chunks arrives with its trailers, and so does the answer', async (t) => {
  const trailers: unknown[] = [];
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.on('trailers', (fields) => trailers.push(Object.entries(fields)));
    void bodyOf(stream).then((body) => {
      stream.respond({ ':status': 200, trailer: 'x-length' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-length': String(body.length) }));
      stream.end(body);
    });
  });
  const { port } = await traffic(t, [backend.url]);
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n';
  const client = new RawClient(port).send(`${head}5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n`);
  const received = await client.until('x-length: 5\r\n');
  client.destroy();
  assert.match(received, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(received, /\r\n5\r\nhello\r\n0\r\nx-length: 5\r\n\r\n$/);
  assert.deepEqual(trailers, [[['x-sum', '1, 2']]]);
});

test('a body in chunks without trailers ends, too', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    void bodyOf(stream).then((body) => {
      stream.respond({ ':status': 200 });
      stream.end(`got ${body}`);
    });
  });
  const { port } = await traffic(t, [backend.url]);
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
  const received = await new RawClient(port).send(`${head}5\r\nhello\r\n0\r\n\r\n`).closed();
  assert.match(received, /got hello/);
});

test('early hints come through, and other interim answers do not', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.additionalHeaders({ ':status': 102 });
    stream.additionalHeaders({ ':status': 103, link: '</a.css>' });
    stream.respond({ ':status': 200 });
    stream.end('done');
  });
  const { port } = await traffic(t, [backend.url]);
  const received = await new RawClient(port).send(GET).closed();
  assert.match(received, /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
});

test('answers without a body end with their head', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream, headers }) => {
    const status = Number(headers[':path']!.slice(1));
    stream.respond({ ':status': status, ...(status === 200 && { 'content-length': '5' }) }, { endStream: true });
  });
  const { url } = await traffic(t, [backend.url]);
  for (const [method, status, length] of [
    ['HEAD', 200, '5'],
    ['GET', 204, undefined],
    ['GET', 304, undefined],
  ] as const) {
    const answer = await httpRequest(`${url}/${status}`, { method });
    assert.deepEqual([answer.status, answer.body, answer.headers['content-length']], [status, '', length]);
  }
});

test('fields that come several times stay apart', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.respond({ ':status': 200, 'set-cookie': ['a=1', 'b=2'] });
    stream.end();
  });
  const { url } = await traffic(t, [backend.url]);
  assert.deepEqual((await httpRequest(`${url}/`)).headers['set-cookie'], ['a=1', 'b=2']);
});

test('a head that is larger than nghttp2 sends by default arrives', async (t) => {
  const backend = await startHttp2Backend(t, undefined, { settings: { maxHeaderListSize: 1_000_000 } });
  const { url } = await traffic(t, [backend.url], `${H2C}server: { max_head_bytes: 262144 }\n`);
  const names = Array.from({ length: 10 }, (_, at) => `x-${at}`);
  const headers = Object.fromEntries(names.map((name) => [name, '~'.repeat(10_000)]));
  assert.equal((await httpRequest(`${url}/`, { headers })).status, 200);
  for (const name of names) assert.equal(backend.asked[0]!.headers[name]!.length, 10_000);
});

test('a client that leaves cancels its stream, and no other', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream, headers }) => {
    if (headers[':path'] === '/slow') stream.respond({ ':status': 200 });
    else setImmediate(() => (stream.respond({ ':status': 200 }), stream.end('fine')));
  });
  const { port, url } = await traffic(t, [backend.url]);
  const client = new RawClient(port).send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.until('200 OK');
  const { stream } = backend.asked[0]!;
  const other = httpRequest(`${url}/other`);
  client.destroy();
  if (!stream.closed) await once(stream, 'close');
  assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL);
  assert.equal((await other).body, 'fine');
  assert.equal(backend.sessions.length, 1);
});

test('a slow client holds the backend back', async (t) => {
  const bytes = 64 * 2 ** 20;
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.respond({ ':status': 200, 'content-length': String(bytes) });
    const piece = Buffer.alloc(65_536);
    let left = bytes / piece.length;
    const more = (): void => {
      while (left > 0) {
        left -= 1;
        if (!stream.write(piece)) return void stream.once('drain', more);
      }
      stream.end();
    };
    more();
    stream.on('drain', () => (written = bytes - left * piece.length));
    let written = 0;
    Object.assign(stream, { written: () => written });
  });
  const { port } = await traffic(t, [backend.url]);
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.pause();
  socket.write(GET);
  await backend.arrived(1);
  const { stream } = backend.asked[0]! as unknown as { stream: { written(): number } };
  await eventually('something is taken', () => stream.written() > 0);
  const taken = await still(stream.written);
  assert.ok(taken < bytes / 2, `${taken} bytes were taken for a client that reads nothing`);
  let received = 0;
  socket.on('data', (chunk) => (received += chunk.length));
  socket.resume();
  await once(socket, 'close');
  assert.ok(received > bytes);
});

test('a backend that takes no more of a body holds the client back', async (t) => {
  const backend = await startHttp2Backend(t, () => undefined);
  const { port } = await traffic(t, [backend.url], `${H2C}    timeouts: { response: 60s }`);
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  const bytes = 64 * 2 ** 20;
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes));
  await backend.arrived(1);
  const taken = await still(() => socket.bytesWritten - socket.writableLength);
  assert.ok(taken > 0 && taken < bytes / 2, `${taken} bytes were taken for a backend that reads nothing`);
  const { stream } = backend.asked[0]!;
  const body = bodyOf(stream);
  assert.equal((await body).length, bytes);
  stream.respond({ ':status': 200 });
  stream.end('all');
  const client = new RawClient(socket);
  assert.match(await client.closed(), /all/);
});

test('a backend that does not answer in time: 504, and the stream is cancelled', async (t) => {
  const backend = await startHttp2Backend(t, () => undefined);
  const { url } = await traffic(t, [backend.url], `${H2C}    timeouts: { response: 50ms }`);
  const answer = await httpRequest(`${url}/`);
  assert.deepEqual([answer.status, answer.json()['error']], [504, 'GW_RESPONSE_TIMEOUT']);
  const { stream } = backend.asked[0]!;
  if (!stream.closed) await once(stream, 'close');
  assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL);
});

test('a backend that pauses within its answer: the answer is cut', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.respond({ ':status': 200 });
    stream.write('some');
  });
  const { port } = await traffic(t, [backend.url], `${H2C}    timeouts: { idle: 50ms }`);
  const received = await new RawClient(port).send(GET).closed();
  assert.match(received, /4\r\nsome\r\n$/);
});

test('streams share a connection, and a second one opens when the first is half full', async (t) => {
  const backend = await startHttp2Backend(t, () => undefined);
  const { url } = await traffic(t, [backend.url], `${H2C}    http2: { connections: 2, max_streams: 4 }`);
  const answers: Promise<unknown>[] = [];
  for (let count = 1; count <= 8; count += 1) {
    answers.push(httpRequest(`${url}/`));
    await backend.arrived(count);
    if (count === 2) assert.equal(backend.sessions.length, 1);
  }
  assert.equal(backend.sessions.length, 2);
  for (const { stream } of backend.asked) {
    stream.respond({ ':status': 200 });
    stream.end();
  }
  await Promise.all(answers);
});

test('the backend’s limit of streams applies: the others wait for their turn', async (t) => {
  let running = 0;
  let peak = 0;
  const backend = await startHttp2Backend(
    t,
    ({ stream }) => {
      running += 1;
      peak = Math.max(peak, running);
      setImmediate(() => {
        running -= 1;
        stream.respond({ ':status': 200 });
        stream.end('fine');
      });
    },
    { settings: { maxConcurrentStreams: 2 } },
  );
  const { url } = await traffic(t, [backend.url], `${H2C}    http2: { connections: 1 }`);
  const answers = await Promise.all(Array.from({ length: 20 }, () => httpRequest(`${url}/`)));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(peak, 2);
  assert.equal(backend.sessions.length, 1);
});

test('without a free stream within connection_wait: 503', async (t) => {
  const backend = await startHttp2Backend(t, () => undefined, { settings: { maxConcurrentStreams: 1 } });
  const { url, port } = await traffic(
    t,
    [backend.url],
    `${H2C}    http2: { connections: 1 }\n    connection_wait: 50ms`,
  );
  const first = new RawClient(port).send(GET);
  await backend.arrived(1);
  const answer = await httpRequest(`${url}/`);
  assert.deepEqual([answer.status, answer.json()['error']], [503, 'GW_CONNECTIONS_FULL']);
  first.destroy();
});

test('requests that wait for a stream of a connection get a new one when it takes no more', async (t) => {
  const backend = await startHttp2Backend(t, () => undefined, { settings: { maxConcurrentStreams: 1 } });
  const { url, port, tables } = await traffic(
    t,
    [backend.url],
    `${H2C}    http2: { connections: 1 }\n    connection_wait: 60s`,
  );
  const running = new RawClient(port).send(GET);
  await backend.arrived(1);
  const waiting = httpRequest(`${url}/waiting`);
  await eventually('the second request waits', () => tables.backends.inFlight(0) === 2);
  // The first one goes on.
  backend.sessions[0]!.close();
  await backend.arrived(2);
  assert.equal(backend.asked[1]!.headers[':path'], '/waiting');
  backend.asked[1]!.stream.respond({ ':status': 200 }, { endStream: true });
  assert.equal((await waiting).status, 200);
  running.destroy();
});

test('a client that leaves while its request waits for a stream leaves nothing behind', async (t) => {
  const backend = await startHttp2Backend(t, () => undefined, { settings: { maxConcurrentStreams: 1 } });
  const { url, port, logged } = await traffic(t, [backend.url], `${H2C}    http2: { connections: 1 }`);
  const first = httpRequest(`${url}/first`);
  await backend.arrived(1);
  const second = new RawClient(port).send('GET /second HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(second.socket, 'connect');
  second.destroy();
  await logged(({ path }) => path === '/second');
  const third = httpRequest(`${url}/third`);
  backend.asked[0]!.stream.respond({ ':status': 200 }, { endStream: true });
  await first;
  await backend.arrived(2);
  assert.equal(backend.asked[1]!.headers[':path'], '/third');
  backend.asked[1]!.stream.respond({ ':status': 200 }, { endStream: true });
  assert.equal((await third).status, 200);
});

test('an idle connection is closed after keep_alive', async (t) => {
  const backend = await startHttp2Backend(t);
  const { url } = await traffic(t, [backend.url], `${H2C}    keep_alive: 50ms`);
  await httpRequest(`${url}/`);
  const [session] = backend.sessions;
  if (!session!.destroyed) await once(session!, 'close');
  assert.equal((await httpRequest(`${url}/again`)).body, '/again');
  assert.equal(backend.sessions.length, 2);
});

test('an upgrade is refused, because HTTP/2 has none', async (t) => {
  const backend = await startHttp2Backend(t);
  const { port } = await traffic(t, [backend.url]);
  const client = new RawClient(port).send(upgradeRequest());
  assert.match(await client.until('GW_UPGRADE_NOT_SUPPORTED'), /^HTTP\/1\.1 501 /);
  client.destroy();
  assert.equal(backend.asked.length, 0);
});

test('a reload changes the protocol: running requests end on the old connections', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream, headers }) => {
    if (headers[':path'] !== '/slow') stream.respond({ ':status': 200 }, { endStream: true });
  });
  const running = await traffic(t, [backend.url]);
  const [pool] = running.snapshot.pools;
  const reload = (version: number, change: Partial<NonNullable<typeof pool>['settings']>): void => {
    const changed = { ...pool!, settings: { ...pool!.settings, ...change } };
    running.thread.handle({
      type: 'snapshot',
      id: version,
      snapshot: { ...running.snapshot, version, pools: [changed] },
    });
  };
  const slow = httpRequest(`${running.url}/slow`);
  await backend.arrived(1);
  reload(2, { protocol: 'http1' });
  assert.equal((await httpRequest(`${running.url}/`)).status, 502);
  reload(3, { protocol: 'h2c' });
  assert.equal((await httpRequest(`${running.url}/`)).status, 200);
  backend.asked[0]!.stream.respond({ ':status': 200 }, { endStream: true });
  assert.equal((await slow).status, 200);
  const [old] = backend.sessions;
  if (!old!.destroyed) await once(old!, 'close');
});

test('a gateway that stops cuts what is left after the drain timeout', async (t) => {
  const backend = await startHttp2Backend(t, () => undefined);
  const running = await startTraffic(poolOf([backend.url], H2C));
  const client = new RawClient(running.port).send(GET);
  await backend.arrived(1);
  await running.close();
  await client.closed();
  const { stream } = backend.asked[0]!;
  if (!stream.closed) await once(stream, 'close');
});

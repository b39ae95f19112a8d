/** Backends whose HTTP/2 ends early, is refused, or is none at all. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:tls';
import { createServer as createHttpServer } from 'node:http';
import { constants } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type FrameConnection, startFrameBackend } from '../../support/frame-backend.ts';
import { bodyOf, startHttp2Backend } from '../../support/http2-backend.ts';
import { ACK, END_STREAM, type Frame, FRAME, frame, INITIAL_WINDOW, uint32 } from '../../support/http2-frames.ts';
import { eventually } from '../../support/eventually.ts';
import { httpRequest } from '../../support/http-request.ts';
import { RawClient, startRawServer } from '../../support/raw-socket.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { poolOf, startTraffic, type Traffic } from '../../support/traffic.ts';

const H2C = '    protocol: h2c\n';
const GET = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const OK = [[':status', '200']] as const;

async function traffic(t: TestContext, urls: readonly string[], more = H2C): Promise<Traffic> {
  const running = await startTraffic(poolOf(urls, more));
  t.after(() => running.close());
  return running;
}

/** @param onRequest called with each HEADERS frame */
async function frames(
  t: TestContext,
  onRequest: (connection: FrameConnection, stream: number, received: Frame) => void,
  values?: Readonly<Record<number, number>> | null,
): Promise<string> {
  const server = await startFrameBackend((connection, received) => {
    if (received.type === FRAME.headers) onRequest(connection, received.stream, received);
  }, values);
  t.after(() => server.close());
  return server.url;
}

const NO_RETRIES = '    retries: { attempts: 0 }\n';

test('a graceful GOAWAY costs no request: 8 of 8 running ones are answered, and the next uses a new connection', async (t) => {
  const backend = await startHttp2Backend(t, () => undefined);
  const { url } = await traffic(t, [backend.url], H2C + NO_RETRIES);
  const running = Array.from({ length: 8 }, (_, at) => httpRequest(`${url}/${at}`));
  await backend.arrived(8);
  backend.sessions[0]!.close();
  const next = httpRequest(`${url}/next`);
  await backend.arrived(9);
  assert.equal(backend.sessions.length, 2);
  for (const { stream, headers } of backend.asked) {
    stream.respond({ ':status': 200 });
    stream.end(headers[':path']);
  }
  const answers = await Promise.all([...running, next]);
  assert.deepEqual(
    answers.map(({ body }) => body),
    [...Array.from({ length: 8 }, (_, at) => `/${at}`), '/next'],
  );
});

test('no request is lost while connections close gracefully all the time, whatever its method', async (t) => {
  let answered = 0;
  const backend = await startHttp2Backend(t, ({ stream }) => {
    void bodyOf(stream).then((body) => {
      answered += 1;
      if (answered % 20 === 0) stream.session?.close();
      stream.respond({ ':status': 200 });
      stream.end(body);
    });
  });
  const { url } = await traffic(t, [backend.url], `${H2C + NO_RETRIES}rate_limit: { enabled: false }\n`);
  const client = async (): Promise<void> => {
    for (let count = 0; count < 50; count += 1) {
      const { status, body } = await httpRequest(`${url}/`, { method: 'POST', body: 'hello' });
      assert.deepEqual([status, body], [200, 'hello']);
    }
  };
  await Promise.all(Array.from({ length: 20 }, client));
  assert.ok(backend.sessions.length > 20, `${backend.sessions.length} connections`);
});

test('a stream above the last one that GOAWAY names is sent again, whatever its method; the others go on', async (t) => {
  const seen: string[] = [];
  const url = await frames(t, ({ count, head, send }, stream) => {
    seen.push(`${count}:${stream}`);
    if (count > 1) return head(stream, OK, true);
    if (stream < 3) return;
    // Streams 1 and 3 have arrived; only 1 is worked on.
    send(FRAME.goaway, 0, 0, Buffer.concat([uint32(1), uint32(0)]));
    head(1, OK, true);
  });
  const { url: at } = await traffic(t, [url], H2C + NO_RETRIES);
  const answers = await Promise.all([
    httpRequest(`${at}/`, { method: 'POST' }),
    httpRequest(`${at}/`, { method: 'POST', body: 'hello' }),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  assert.deepEqual(seen, ['1:1', '1:3', '2:1']);
});

for (const [claim, then, statuses] of [
  ['is answered', ({ head }: FrameConnection) => head(1, OK, true), [200, 200]],
  ['fails with its connection', ({ socket }: FrameConnection) => void socket.end(), [200, 502]],
] as const) {
  test(`after a GOAWAY with an error, a stream that may have been processed ${claim}; the others are sent again`, async (t) => {
    const seen: string[] = [];
    let first: FrameConnection | undefined;
    const url = await frames(t, (connection, stream) => {
      const { count, head, send } = connection;
      seen.push(`${count}:${stream}`);
      if (count === 1 && stream === 3) {
        first = connection;
        send(FRAME.goaway, 0, 0, Buffer.concat([uint32(1), uint32(11)]));
      } else if (count > 1) {
        head(stream, OK, true);
        then(first!);
      }
    });
    const { url: at } = await traffic(t, [url], H2C + NO_RETRIES);
    const answers = await Promise.all([1, 2].map(() => httpRequest(`${at}/`, { method: 'POST' })));
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      statuses,
    );
    assert.deepEqual(seen, ['1:1', '1:3', '2:1']);
  });
}

test('as over HTTP/1.1, 64 interim answers are passed on, and no more', async (t) => {
  let count = 64;
  const url = await frames(t, ({ head }, stream) => {
    for (let left = count; left > 0; left -= 1) head(stream, [[':status', '103']]);
    head(stream, OK, true);
  });
  const { port } = await traffic(t, [url], H2C + NO_RETRIES);
  assert.match(
    await new RawClient(port).send(GET).closed(),
    /^(HTTP\/1\.1 103 Early Hints\r\n\r\n){64}HTTP\/1\.1 200 /,
  );
  count = 65;
  const answer = await new RawClient(port).send(GET).closed();
  assert.match(answer, /HTTP\/1\.1 502 [^]*GW_BACKEND_INVALID/);
});

test('a stream whose body has begun cannot be sent again: 502', async (t) => {
  const url = await frames(t, ({ send }, stream) => {
    send(FRAME.goaway, 0, 0, Buffer.concat([uint32(stream - 1), uint32(0)]));
  });
  const { port } = await traffic(t, [url]);
  const client = new RawClient(port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  );
  const received = await client.until('GW_BACKEND_RESET');
  assert.match(received, /^HTTP\/1\.1 502 /);
  client.destroy();
});

test('a refused stream is sent once more, whatever its method', async (t) => {
  let asked = 0;
  const url = await frames(t, ({ head, send }, stream) => {
    asked += 1;
    if (asked === 1) send(FRAME.reset, 0, stream, uint32(constants.NGHTTP2_REFUSED_STREAM));
    else head(stream, OK, true);
  });
  const { url: at } = await traffic(t, [url], H2C + NO_RETRIES);
  assert.equal((await httpRequest(`${at}/`, { method: 'POST', body: 'x' })).status, 200);
  assert.equal(asked, 2);
});

test('a stream that is refused twice is left to the retry policy', async (t) => {
  let asked = 0;
  const url = await frames(t, ({ send }, stream) => {
    asked += 1;
    send(FRAME.reset, 0, stream, uint32(constants.NGHTTP2_REFUSED_STREAM));
  });
  const { url: at } = await traffic(t, [url], H2C + NO_RETRIES);
  const answer = await httpRequest(`${at}/`);
  assert.deepEqual([answer.status, answer.json()['error'], asked], [502, 'GW_BACKEND_RESET', 2]);
});

test('a client that leaves while its request is being sent again ends it', async (t) => {
  let answer = (): void => undefined;
  const cancelled = new Promise<number>((resolve) => {
    void startFrameBackend(({ count, send }, { type, stream, payload }) => {
      if (type === FRAME.reset) resolve(payload.readUInt32BE());
      if (type !== FRAME.headers) return;
      if (count === 1) send(FRAME.reset, 0, stream, uint32(constants.NGHTTP2_REFUSED_STREAM));
      if (stream > 1) answer();
    }).then(async (server) => {
      t.after(() => server.close());
      const { port } = await traffic(t, [server.url]);
      const client = new RawClient(port);
      answer = () => client.destroy();
      client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    });
  });
  assert.equal(await cancelled, constants.NGHTTP2_CANCEL);
});

for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL, constants.NGHTTP2_INTERNAL_ERROR]) {
  test(`an answer that is reset with code ${code} is cut, and never looks whole`, async (t) => {
    const url = await frames(t, ({ head, send }, stream) => {
      head(stream, OK);
      send(FRAME.data, 0, stream, 'some');
      send(FRAME.reset, 0, stream, uint32(code));
    });
    const { port } = await traffic(t, [url]);
    const received = await new RawClient(port).send(GET).closed();
    assert.doesNotMatch(received, /0\r\n\r\n$/);
  });

  test(`a request that is reset with code ${code} before its answer is tried elsewhere, or 502`, async (t) => {
    const url = await frames(t, ({ send }, stream) => send(FRAME.reset, 0, stream, uint32(code)));
    const backend = await startHttp2Backend(t);
    const { url: at } = await traffic(t, [url, backend.url], `    algorithm: round-robin\n${H2C}`);
    for (const expected of [200, 200]) assert.equal((await httpRequest(`${at}/`)).status, expected);
    const alone = await traffic(t, [url]);
    const answer = await httpRequest(`${alone.url}/`);
    assert.deepEqual([answer.status, answer.json()['error']], [502, 'GW_BACKEND_RESET']);
  });
}

test('a connection that breaks cuts the answers on it', async (t) => {
  const url = await frames(t, ({ head, send, socket }, stream) => {
    head(stream, OK);
    send(FRAME.data, 0, stream, 'some');
    socket.end();
  });
  const { port } = await traffic(t, [url]);
  assert.doesNotMatch(await new RawClient(port).send(GET).closed(), /0\r\n\r\n$/);
});

test('an answer before the end of the request: the rest of the request is not sent', async (t) => {
  const codes: number[] = [];
  const backend = await startFrameBackend(({ head, send }, { type, stream, payload }) => {
    if (type === FRAME.reset) codes.push(payload.readUInt32BE());
    if (type !== FRAME.headers) return;
    head(stream, [[':status', '413']]);
    send(FRAME.data, END_STREAM, stream, 'too large');
  });
  t.after(() => backend.close());
  const { port } = await traffic(t, [backend.url]);
  const client = new RawClient(port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  );
  assert.match(await client.until('too large'), /^HTTP\/1\.1 413 /);
  await eventually('the stream is cancelled', () => codes.includes(constants.NGHTTP2_CANCEL));
  client.destroy();
});

test('a client that leaves within its body cancels the stream, and the body does not look whole', async (t) => {
  const received: Frame[] = [];
  const backend = await startFrameBackend(({ send }, each) => {
    received.push(each);
    // Something to read, so that the client leaves while it is handled.
    if (each.type === FRAME.data) send(FRAME.ping, 0, 0, Buffer.alloc(8));
  });
  t.after(() => backend.close());
  const { port } = await traffic(t, [backend.url]);
  const client = new RawClient(port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  );
  await eventually('the body begins', () => received.some(({ type }) => type === FRAME.data));
  client.destroy();
  await eventually('the stream is cancelled', () => received.some(({ type }) => type === FRAME.reset));
  assert.equal(received.find(({ type }) => type === FRAME.reset)!.payload.readUInt32BE(), constants.NGHTTP2_CANCEL);
  assert.ok(received.every(({ type, flags }) => type !== FRAME.data || flags % 2 !== END_STREAM));
});

test('an early answer with a reset without an error, as RFC 9113 (8.1) asks for, is whole', async (t) => {
  const url = await frames(t, ({ head, send }, stream) => {
    head(stream, [
      [':status', '413'],
      ['content-length', '4'],
    ]);
    send(FRAME.data, END_STREAM, stream, 'much');
    send(FRAME.reset, 0, stream, uint32(constants.NGHTTP2_NO_ERROR));
  });
  const { port } = await traffic(t, [url]);
  const client = new RawClient(port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  );
  assert.match(await client.until('\r\n\r\nmuch'), /^HTTP\/1\.1 413 /);
  client.destroy();
});

for (const [what, send] of [
  [
    'shorter',
    ({ head, send: put }: FrameConnection, stream: number) => {
      head(stream, [...OK, ['content-length', '10']]);
      put(FRAME.data, END_STREAM, stream, 'four');
    },
  ],
  [
    'longer',
    ({ head, send: put }: FrameConnection, stream: number) => {
      head(stream, [...OK, ['content-length', '2']]);
      put(FRAME.data, END_STREAM, stream, 'four');
    },
  ],
] as const) {
  test(`a body ${what} than its Content-Length is cut`, async (t) => {
    const url = await frames(t, send);
    const { port, logged } = await traffic(t, [url]);
    const received = await new RawClient(port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').closed();
    assert.notEqual(received.split('\r\n\r\n')[1]?.length, Number(/content-length: (\d+)/.exec(received)?.[1] ?? 4));
    assert.equal((await logged(({ msg }) => msg === 'request'))['aborted'], true);
  });
}

for (const [what, fields] of [
  ['with a field of the connection', [...OK, ['connection', 'close']]],
  ['with Transfer-Encoding', [...OK, ['transfer-encoding', 'chunked']]],
  ['with a name in upper case', [...OK, ['X-A', '1']]],
  ['without a status', [['x-a', '1']]],
  ['with two statuses', [...OK, ...OK]],
  ['with status 101', [[':status', '101']]],
  ['with status 99', [[':status', '99']]],
] as const) {
  test(`an answer ${what} is refused: 502`, async (t) => {
    const url = await frames(t, ({ head }, stream) => head(stream, fields, true));
    const { url: at } = await traffic(t, [url]);
    const answer = await httpRequest(`${at}/`);
    assert.deepEqual([answer.status, answer.json()['error']], [502, 'GW_BACKEND_INVALID']);
  });
}

test('a field with a line break in its value is dropped', async (t) => {
  const url = await frames(t, ({ head }, stream) => head(stream, [...OK, ['x-a', 'a\r\nx-b: c'], ['x-c', '1']], true));
  const { port } = await traffic(t, [url]);
  const received = await new RawClient(port).send(GET).closed();
  assert.doesNotMatch(received, /x-[ab]/);
  assert.match(received, /x-c: 1/);
});

test('a head above max_response_head_bytes: 502, and other streams go on', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream, headers }) => {
    const bytes = headers[':path'] === '/large' ? 20_000 : 5000;
    stream.respond({ ':status': 200, 'x-large': 'x'.repeat(bytes) });
    stream.end();
  });
  const { url } = await traffic(t, [backend.url]);
  const answer = await httpRequest(`${url}/large`);
  assert.deepEqual([answer.status, answer.json()['error']], [502, 'GW_BACKEND_HEAD_TOO_LARGE']);
  assert.equal((await httpRequest(`${url}/fine`)).headers['x-large']!.length, 5000);
  assert.equal(backend.sessions.length, 1);
});

test('a head of many small fields comes through', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.respond({ ':status': 200, ...Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`x-${at}`, '1'])) });
    stream.end();
  });
  const { url } = await traffic(t, [backend.url]);
  assert.equal((await httpRequest(`${url}/`)).headers['x-299'], '1');
});

test('a backend of HTTP/1.1 in a pool of h2c: a clear 502, and no request reaches it', async (t) => {
  let requests = 0;
  const server = createHttpServer((_, response) => {
    requests += 1;
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { url, logged } = await traffic(t, [`http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  const answer = await httpRequest(`${url}/`);
  assert.deepEqual([answer.status, answer.json()['error'], requests], [502, 'GW_BACKEND_PROTOCOL', 0]);
  await logged(({ msg, error }) => msg === 'request' && error === 'GW_BACKEND_PROTOCOL');
});

for (const protocols of [['http/1.1'], undefined]) {
  test(`a backend that offers ${protocols?.join() ?? 'no protocol'} by ALPN in a pool of h2: a clear 502`, async (t) => {
    const server = createTlsServer({ ...selfSigned, ...(protocols && { ALPNProtocols: protocols }) }, (socket) =>
      socket.on('error', () => undefined),
    );
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const at = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { url } = await traffic(t, [at], '    protocol: h2\n    insecure_skip_tls_verify: true');
    const answer = await httpRequest(`${url}/`);
    assert.deepEqual([answer.status, answer.json()['error']], [502, 'GW_BACKEND_PROTOCOL']);
  });
}

test('a backend that never sends SETTINGS: 504 after the time to connect, and even a POST is tried elsewhere', async (t) => {
  const silent = await startRawServer(() => undefined);
  t.after(() => silent.close());
  const alone = await traffic(t, [silent.url], `${H2C}    timeouts: { connect: 50ms }`);
  const answer = await httpRequest(`${alone.url}/`);
  assert.deepEqual([answer.status, answer.json()['error']], [504, 'GW_CONNECT_TIMEOUT']);
  const backend = await startHttp2Backend(t);
  const { url } = await traffic(
    t,
    [silent.url, backend.url],
    `    algorithm: round-robin\n${H2C}    timeouts: { connect: 50ms }`,
  );
  for (let count = 0; count < 2; count += 1) {
    assert.equal((await httpRequest(`${url}/`, { method: 'POST', body: 'x' })).status, 200);
  }
});

test('a backend that closes before its SETTINGS, and one that refuses the connection: 502', async (t) => {
  const closing = await startRawServer((socket) => socket.end());
  const { url } = await traffic(t, [closing.url]);
  assert.equal((await httpRequest(`${url}/`)).json()['error'], 'GW_BACKEND_RESET');
  await closing.close();
  assert.equal((await httpRequest(`${url}/`)).json()['error'], 'GW_BACKEND_UNREACHABLE');
});

test('a silent backend must answer a PING, and fails its requests if it does not', async (t) => {
  let pings = 0;
  const server = await startFrameBackend(({ send }, { type, flags, payload }) => {
    if (type !== FRAME.ping || flags % 2 === ACK) return;
    pings += 1;
    if (pings === 1) send(FRAME.ping, ACK, 0, payload);
  });
  t.after(() => server.close());
  const { url } = await traffic(
    t,
    [server.url],
    `${H2C + NO_RETRIES}    http2: { ping_interval: 30ms, ping_timeout: 50ms }`,
  );
  const answer = await httpRequest(`${url}/`);
  assert.deepEqual([answer.status, answer.json()['error'], pings], [502, 'GW_BACKEND_RESET', 2]);
});

test('bytes that are no HTTP/2 in the middle of a connection end it: 502', async (t) => {
  const url = await frames(t, ({ socket }) => socket.write(frame(FRAME.data, 0, 0, 'on stream 0')));
  const { url: at } = await traffic(t, [url]);
  const answer = await httpRequest(`${at}/`);
  assert.deepEqual([answer.status, answer.json()['error']], [502, 'GW_BACKEND_INVALID']);
});

test('a large body survives both ways', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    void bodyOf(stream).then((body) => {
      stream.respond({ ':status': 200 });
      stream.end(body, 'latin1');
    });
  });
  const { url } = await traffic(t, [backend.url]);
  const body = Buffer.alloc(20 * 2 ** 20, 'pattern of bytes');
  const answer = await httpRequest(`${url}/`, { method: 'POST', body });
  assert.ok(answer.body === body.toString('latin1'));
});

for (const [claim, contradiction] of [
  ['REFUSED_STREAM', frame(FRAME.reset, 0, 1, uint32(constants.NGHTTP2_REFUSED_STREAM))],
  ['GOAWAY for all streams', frame(FRAME.goaway, 0, 0, Buffer.concat([uint32(0), uint32(0)]))],
] as const) {
  test(`${claim} after the head of an answer cuts it, and the request is not sent again`, async (t) => {
    let asked = 0;
    const url = await frames(t, ({ head, socket }, stream) => {
      asked += 1;
      head(stream, OK);
      socket.write(contradiction);
    });
    const { port } = await traffic(t, [url]);
    assert.match(await new RawClient(port).send(GET).closed(), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
    assert.equal(asked, 1);
  });
}

for (const [claim, begin] of [
  ['before its answer', () => undefined],
  ['in the middle of its answer', ({ head }: FrameConnection, stream: number) => head(stream, OK)],
] as const) {
  test(`a request that is reset with NO_ERROR ${claim}, while its body waits for a window, fails and frees its stream`, async (t) => {
    let asked = 0;
    const url = await frames(
      t,
      (connection, stream) => {
        asked += 1;
        if (asked > 1) return connection.head(stream, OK, true);
        begin(connection, stream);
        connection.send(FRAME.reset, 0, stream, uint32(constants.NGHTTP2_NO_ERROR));
      },
      { [INITIAL_WINDOW]: 0 },
    );
    const { port } = await traffic(
      t,
      [url],
      `${H2C}    http2: { connections: 1, max_streams: 1 }\n    connection_wait: 60s\n${NO_RETRIES}`,
    );
    const posted = new RawClient(port).send(
      'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello',
    );
    assert.doesNotMatch(await posted.closed(), /200 OK[^]*\r\n\r\n0\r\n/);
    assert.match(await new RawClient(port).send(GET).closed(), /200 OK/);
  });
}

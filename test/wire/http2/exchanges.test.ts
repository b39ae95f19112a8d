/** What HTTP/2 clients send reaches an HTTP/1.1 backend as its own requests would, and so do the answers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { type EchoBackend, startEchoBackend } from '../../support/echo-backend.ts';
import { eventually } from '../../support/eventually.ts';
import { answerOn, askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { FRAME, frame, framesOf, RawHttp2Client, requestFields, uint32 } from '../../support/http2-frames.ts';
import { missing } from '../../support/installed.ts';
import { startRawBackend, startRawServer } from '../../support/raw-socket.ts';
import { still } from '../../support/still.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

async function start(t: TestContext, url: string, more = '') {
  const traffic = await startTraffic(poolOf([url], `server: { http2: { h2c: true } }\n${more}`));
  t.after(() => traffic.close());
  return { traffic, client: dialHttp2(t, traffic.port) };
}

async function startEcho(t: TestContext, answer?: Parameters<typeof startEchoBackend>[0], more = '') {
  const backend: EchoBackend = await startEchoBackend(answer);
  t.after(() => backend.close());
  return { backend, ...(await start(t, backend.url, more)) };
}

test('a request keeps its method, target, Host and fields, and Via says 2', async (t) => {
  const { backend, client } = await startEcho(t);
  const headers = {
    ':authority': 'shop.example',
    'x-one': 'ä',
    'x-two': ['a', 'b'],
    ':method': 'PURGE',
    te: 'trailers',
  };
  const answer = await askHttp2(client, '/a%20b?c=d', { headers });
  assert.equal(answer.status, 200);
  const [seen] = backend.seen;
  assert.equal(seen!.method, 'PURGE');
  assert.equal(seen!.url, '/a%20b?c=d');
  assert.equal(seen!.headers.host, 'shop.example');
  assert.equal(seen!.headers['x-one'], 'ä');
  assert.equal(seen!.headers['x-two'], 'a, b');
  assert.equal(seen!.headers['te'], 'trailers');
  assert.match(seen!.headers.via!, /^2 sluice-/);
  assert.equal(seen!.headers['x-forwarded-proto'], 'http');
  assert.ok(!seen!.rawHeaders.some((name) => name.startsWith(':')));
  assert.equal(seen!.headers['transfer-encoding'], undefined);
  assert.equal(seen!.headers['content-length'], undefined);
});

test('the crumbs of a cookie are one field again', async (t) => {
  const { backend, client } = await startEcho(t);
  await askHttp2(client, '/', { headers: { cookie: ['a=1', 'b=2', 'c=3'] } });
  const names = backend.seen[0]!.rawHeaders.filter((_, at) => at % 2 === 0);
  assert.equal(names.filter((name) => name === 'cookie').length, 1);
  assert.equal(backend.seen[0]!.headers.cookie, 'a=1; b=2; c=3');
});

test('bodies of known and unknown length arrive whole, with the framing of HTTP/1.1', async (t) => {
  const { backend, client } = await startEcho(t);
  for (const size of [0, 1, 16_384, 300_000, 5_000_000]) {
    const body = Buffer.alloc(size, 'abc').toString('latin1');
    const unknown = await askHttp2(client, '/', { body });
    assert.ok(unknown.body === body, `${size}, of unknown length`);
    const { headers } = backend.seen.at(-1)!;
    assert.equal(headers['transfer-encoding'] ?? headers['content-length'], size === 0 ? '0' : 'chunked');
    const known = await askHttp2(client, '/', { body, headers: { 'content-length': String(size) } });
    assert.ok(known.body === body, `${size}, of known length`);
    assert.equal(backend.seen.at(-1)!.headers['content-length'], String(size));
    assert.equal(backend.seen.at(-1)!.headers['transfer-encoding'], undefined);
  }
});

test('trailers pass in both directions', async (t) => {
  const { backend, client } = await startEcho(t, (seen, response) => {
    response.writeHead(200, { trailer: 'x-sum' });
    response.write(seen.body);
    response.addTrailers({ 'x-sum': 'two' });
    response.end();
  });
  const headers = { trailer: 'x-check' };
  const answer = await askHttp2(client, '/', { headers, body: 'data', trailers: { 'x-check': 'one' } });
  assert.equal(backend.seen[0]!.headers.trailer, 'x-check');
  assert.equal(backend.seen[0]!.trailers['x-check'], 'one');
  assert.equal(answer.body, 'data');
  assert.equal(answer.headers['trailer'], 'x-sum');
  assert.equal(answer.trailers['x-sum'], 'two');
});

test('a chunked answer without trailers ends', async (t) => {
  const { client } = await startEcho(t, (_seen, response) => {
    response.write('one');
    response.end('two');
  });
  const answer = await askHttp2(client, '/');
  assert.deepEqual([answer.body, answer.rstCode, answer.trailers], ['onetwo', 0, {}]);
});

test('an answer has no fields of the connection to the backend, no reason phrase, and a date', async (t) => {
  const backend = await startRawBackend(
    'HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nTE: x\r\nUpgrade: h2c\r\n' +
      'Content-Type: a/b\r\nContent-Type: a/c\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok',
  );
  t.after(() => backend.close());
  const { client } = await start(t, backend.url);
  const { headers, body } = await askHttp2(client, '/');
  assert.equal(body, 'ok');
  const names = Object.keys(headers);
  for (const name of ['connection', 'x-hop', 'keep-alive', 'te', 'upgrade', 'transfer-encoding']) {
    assert.ok(!names.includes(name), name);
  }
  assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
  assert.ok(headers.date !== undefined);
});

for (const [claim, method, status] of [
  ['to HEAD', 'HEAD', 200],
  ['with 204', 'GET', 204],
  ['with 304', 'GET', 304],
] as const) {
  test(`an answer ${claim} has no body`, async (t) => {
    const { client } = await startEcho(t, (_seen, response) => {
      response.writeHead(status, status === 204 ? {} : { 'content-length': '5' });
      response.end();
    });
    const answer = await askHttp2(client, '/', { headers: { ':method': method } });
    assert.deepEqual([answer.status, answer.body, answer.rstCode], [status, '', 0]);
    if (status !== 204) assert.equal(answer.headers['content-length'], '5');
  });
}

test('an answer 205 that has a body against the rules passes without it', async (t) => {
  const backend = await startRawBackend('HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello');
  t.after(() => backend.close());
  const { client } = await start(t, backend.url);
  const { status, body, rstCode } = await askHttp2(client, '/');
  assert.deepEqual({ status, body, rstCode }, { status: 205, body: '', rstCode: 0 });
});

test('100 Continue and 103 Early Hints reach the client', async (t) => {
  const backend = await startRawBackend(
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  );
  t.after(() => backend.close());
  const { client } = await start(t, backend.url);
  const stream = client.request(
    { ':method': 'POST', expect: '100-continue', 'content-length': '4' },
    { endStream: false },
  );
  const answer = answerOn(stream);
  await once(stream, 'continue');
  stream.end('body');
  const { status, body, interim } = await answer;
  assert.deepEqual([status, body], [200, 'ok']);
  assert.equal(interim.at(-1)![':status'], 103);
  assert.equal(interim.at(-1)!['link'], '</a>, </b>');
});

test('many streams of one connection run at a time', async (t) => {
  const { backend, client } = await startEcho(t);
  const bodies = Array.from({ length: 100 }, (_, at) => String(at).repeat(1000));
  const answers = await Promise.all(bodies.map((body) => askHttp2(client, '/', { body })));
  assert.deepEqual(
    answers.map(({ body }) => body),
    bodies,
  );
  assert.equal(backend.seen.length, 100);
});

test('a backend that breaks off resets the stream, and the connection lives on', async (t) => {
  let count = 0;
  const backend = await startRawBackend((_request, socket) => {
    count += 1;
    if (count > 1) return void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n', () => socket.destroy());
  });
  t.after(() => backend.close());
  const { client } = await start(t, backend.url);
  const cut = await askHttp2(client, '/');
  assert.deepEqual([cut.body, cut.rstCode], ['part', 2]);
  const next = await askHttp2(client, '/');
  assert.deepEqual([next.status, next.body, next.rstCode], [200, 'ok', 0]);
});

for (const framing of ['Content-Length: 9', 'Transfer-Encoding: chunked']) {
  test(`an answer with ${framing} that is cut has no end`, async (t) => {
    const backend = await startRawBackend((_request, socket) => {
      socket.write(
        `HTTP/1.1 200 OK\r\n${framing}\r\n\r\n4\r\npart\r\n`.slice(0, framing.startsWith('C') ? -7 : undefined),
      );
      setImmediate(() => socket.destroy());
    });
    t.after(() => backend.close());
    const { traffic } = await start(t, backend.url);
    const client = new RawHttp2Client(traffic.port).ask(1);
    t.after(() => client.destroy());
    await client.until((received) => framesOf(received).some(({ type }) => type === FRAME.reset));
    const data = client.frames.filter(({ type }) => type === FRAME.data);
    assert.ok(data.length > 0 && data.every(({ flags }) => flags === 0));
    assert.equal(await client.ended(1), 2);
  });
}

test('an answer that comes before the body ends its stream without an error, and the connection lives on', async (t) => {
  const backend = await startRawServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig');
      socket.resume();
    });
  });
  t.after(() => backend.close());
  const { traffic, client } = await start(t, backend.url);
  for (const framing of [{}, { 'content-length': '90000000' }]) {
    const stream = client.request({ ':method': 'POST', ...framing }, { endStream: false });
    stream.write(Buffer.alloc(100_000));
    const { status, body, rstCode } = await answerOn(stream);
    assert.deepEqual([status, body, rstCode], [413, 'big', 0]);
  }
  const small = await askHttp2(client, '/', { headers: { ':method': 'POST' } });
  assert.equal(small.status, 413);
  await eventually('nothing runs', () => traffic.tables.backends.inFlight(0) === 0);
});

test('an early answer of unknown length ends its stream, too', async (t) => {
  const backend = await startRawServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbig\r\n0\r\n\r\n');
      socket.resume();
    });
  });
  t.after(() => backend.close());
  const { client } = await start(t, backend.url);
  const stream = client.request({ ':method': 'POST' }, { endStream: false });
  stream.write(Buffer.alloc(100_000));
  const { status, body, rstCode } = await answerOn(stream);
  assert.deepEqual([status, body, rstCode], [200, 'big', 0]);
});

test('a client that resets its stream ends the work on it, and nobody else’s', async (t) => {
  let gone = 0;
  const backend = await startRawBackend((request, socket) => {
    if (request.startsWith('GET /quick')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    else socket.on('close', () => (gone += 1));
  });
  t.after(() => backend.close());
  const { traffic, client } = await start(t, backend.url);
  const stream = client.request({ ':path': '/slow' });
  stream.on('error', () => undefined);
  await eventually('it is at the backend', () => backend.requests.length === 1);
  stream.close(8);
  await eventually('the backend notices', () => gone === 1);
  assert.equal((await askHttp2(client, '/quick')).body, 'ok');
  const line = await traffic.logged((each) => each['path'] === '/slow');
  assert.equal(line['aborted'], true);
  assert.equal(traffic.tables.backends.failures(0), 0);
});

for (const [claim, code] of [
  ['resets its stream', 8],
  ['resets its stream without an error', 0],
  ['leaves', null],
] as const) {
  test(`a body whose client ${claim} never looks complete to the backend`, async (t) => {
    let received = '';
    let isClosed = false;
    const backend = await startRawServer((socket) => {
      socket.on('data', (chunk) => (received += chunk.toString('latin1')));
      socket.on('close', () => (isClosed = true));
    });
    t.after(() => backend.close());
    const { traffic } = await start(t, backend.url);
    const client = new RawHttp2Client(traffic.port).ask(1, requestFields([], 'POST'), 0);
    t.after(() => client.destroy());
    client.send(frame(FRAME.data, 0, 1, 'part'));
    await eventually('a part has arrived', () => received.includes('part'));
    if (code === null) client.socket.end();
    else client.send(frame(FRAME.reset, 0, 1, uint32(code)));
    await eventually('the backend’s connection is closed', () => isClosed);
    assert.ok(!received.includes('0\r\n\r\n'), received);
  });
}

test('a slow backend slows its client down', async (t) => {
  const backend = await startRawServer((socket) => socket.pause());
  t.after(() => backend.close());
  const { client } = await start(t, backend.url);
  const stream = client.request({ ':method': 'POST' }, { endStream: false });
  stream.on('error', () => undefined);
  const piece = Buffer.alloc(65_536);
  let sent = 0;
  const more = (): void => {
    while (sent < 200 * 2 ** 20) {
      sent += piece.length;
      if (!stream.write(piece)) return void stream.once('drain', more);
    }
  };
  more();
  await eventually('its body arrives', () => backend.sockets.length > 0);
  await still(() => sent);
  assert.ok(sent < 16 * 2 ** 20, `${sent} bytes were sent`);
  stream.close(8);
});

test('a client that does not read slows the backend down, and its other streams go on', async (t) => {
  let written = 0;
  const backend = await startRawBackend((request, socket) => {
    if (request.startsWith('GET /quick')) return void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const more = (): void => {
      while (written < 200 * 2 ** 20) {
        written += chunk.length;
        if (!socket.write(chunk)) return void socket.once('drain', more);
      }
    };
    more();
  });
  t.after(() => backend.close());
  const { client } = await start(t, backend.url);
  const stream = client.request({ ':path': '/large' });
  stream.on('error', () => undefined);
  await once(stream, 'response');
  await still(() => written);
  assert.ok(written < 32 * 2 ** 20, `${written} bytes were written`);
  assert.equal((await askHttp2(client, '/quick')).body, 'ok');
  stream.close(8);
});

test('curl speaks HTTP/2 with prior knowledge', { skip: missing('curl', 'curl') }, async (t) => {
  const { backend, traffic } = await startEcho(t);
  const curl = spawn('curl', [
    '--silent',
    '--show-error',
    '--http2-prior-knowledge',
    '--data-binary',
    'body',
    '--write-out',
    ' %{http_version} %{http_code}',
    `${traffic.url}/a`,
  ]);
  let output = '';
  curl.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
  await once(curl, 'close');
  assert.equal(output, 'body 2 200');
  assert.equal(backend.seen[0]!.url, '/a');
});

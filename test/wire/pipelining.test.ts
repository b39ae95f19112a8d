import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test('requests that come at once are answered in order, each exactly once', async (t) => {
  const waiting: (() => void)[] = [];
  const backend = await startRawBackend((request, socket) => {
    waiting.push(() => void socket.write(rawResponse(`<${request.split(' ', 2)[1]!}>`)));
    // The last is answered first.
    if (waiting.length === 5) for (const answer of waiting.splice(0).toReversed()) answer();
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const paths = ['/0', '/1', '/2', '/3', '/4'];
  const client = new RawClient(traffic.port).send(paths.map(get).join(''));
  const answer = await client.until('</4>');
  assert.deepEqual(
    answer.match(/<[^>]+>/g),
    paths.map((path) => `<${path}>`),
  );
  assert.equal(backend.requests.length, 5);
  client.destroy();
});

/** Holds every request until it is released; what is asked later is then answered at once. */
async function startHolding(t: TestContext, server = '') {
  const waiting: (() => void)[] = [];
  const paths: string[] = [];
  let isHolding = true;
  let inWork = 0;
  let maxInWork = 0;
  const backend = await startRawBackend((request, socket) => {
    const path = request.split(' ', 2)[1]!;
    paths.push(path);
    inWork += 1;
    maxInWork = Math.max(maxInWork, inWork);
    const answer = (): void => {
      inWork -= 1;
      socket.write(rawResponse(`<${path}>`));
    };
    if (isHolding) waiting.push(answer);
    else setImmediate(answer);
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `rate_limit: { enabled: false }\n${server}`));
  t.after(() => traffic.close());
  const parsed = { count: 0 };
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('request', () => (parsed.count += 1));
  traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
  const release = (): void => {
    isHolding = false;
    for (const answer of waiting.splice(0)) answer();
  };
  return { traffic, paths, waiting, release, parsed, sockets, maxInWork: () => maxInWork };
}

const numbered = (count: number): string => Array.from({ length: count }, (_, at) => get(`/${at}`)).join('');

test('of 1,000 requests at once 8 are in work, the rest is not parsed, and all are answered in order', async (t) => {
  const { traffic, waiting, release, parsed, maxInWork } = await startHolding(t);
  const client = new RawClient(traffic.port).send(numbered(1000));
  await eventually('eight are there', () => waiting.length === 8);
  assert.equal(parsed.count, 8);
  // Another connection has room of its own.
  const other = new RawClient(traffic.port).send(get('/other'));
  await eventually('so is that of another client', () => waiting.length === 9);
  assert.equal(traffic.tables.backends.inFlight(0), 9);
  release();
  await other.until('</other>');
  const answer = await client.until('</999>');
  assert.deepEqual(
    answer.match(/<[^>]+>/g),
    Array.from({ length: 1000 }, (_, at) => `</${at}>`),
  );
  assert.ok(maxInWork() <= 9, `${maxInWork()} were in work`);
  client.destroy();
  other.destroy();
});

test('reading stops: of 8 MB of requests, little more is read than what is in work', async (t) => {
  const { traffic, waiting, parsed, sockets } = await startHolding(t);
  const client = new RawClient(traffic.port).send(get('/x').repeat(300_000));
  await eventually('eight are there', () => waiting.length === 8);
  let before = -1;
  await eventually('nothing more is taken', () => {
    const isStill = client.socket.bytesWritten - client.socket.writableLength === before;
    before = client.socket.bytesWritten - client.socket.writableLength;
    return isStill;
  });
  assert.equal(parsed.count, 8);
  assert.ok(sockets[0]!.bytesRead <= 3 * 65_536, `${sockets[0]!.bytesRead} bytes were read`);
  client.destroy();
});

for (const limit of [1, 3]) {
  test(`with max_pipelined_requests ${limit}, that many are in work, however the bytes come`, async (t) => {
    const { traffic, waiting, release, maxInWork, paths } = await startHolding(
      t,
      `server: { max_pipelined_requests: ${limit} }`,
    );
    const client = new RawClient(traffic.port);
    const bytes = numbered(10);
    // Cut within the ends of heads, too.
    for (let at = 0; at < bytes.length; at += 3) {
      client.send(bytes.slice(at, at + 3));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually('as many as may', () => waiting.length === limit);
    release();
    await client.until('</9>');
    assert.ok(maxInWork() <= limit);
    assert.equal(paths.length, 10);
    client.destroy();
  });
}

test('a blank line in a body is part of the body', async (t) => {
  const backend = await startRawBackend((request, socket) => {
    socket.write(rawResponse(`${request.split('\r\n\r\n').slice(1).join('\r\n\r\n').length} bytes`));
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'server: { max_pipelined_requests: 2 }'));
  t.after(() => traffic.close());
  const body = '\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500);
  const post = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const client = new RawClient(traffic.port).send(post + post + get('/last'));
  const answer = await client.until((received) => received.split('bytes').length === 4);
  assert.deepEqual(answer.match(/\d+ bytes/g), [`${body.length} bytes`, `${body.length} bytes`, '0 bytes']);
  assert.doesNotMatch(backend.requests.map((request) => request.split('\r\n')[0]).join(), /hidden/);
  client.destroy();
});

for (const [claim, head, body] of [
  ['of a known length', 'Content-Length: 5', 'hello'],
  ['in chunks', 'Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'],
] as const) {
  test(`with max_pipelined_requests 1, a body ${claim} is read though it comes later than its head`, async (t) => {
    const backend = await startRawBackend((request, socket) => {
      if (request.endsWith(body)) socket.write(rawResponse('ok'));
    });
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url], 'server: { max_pipelined_requests: 1 }'));
    t.after(() => traffic.close());
    let begun = 0;
    traffic.thread.app.server.on('request', () => (begun += 1));
    const client = new RawClient(traffic.port);
    for (const count of [1, 2]) {
      client.send(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
      await eventually('it has begun', () => begun === count);
      client.send(body);
      await client.until((received) => received.split('\r\n\r\nok').length > count);
    }
    client.destroy();
  });
}

test('a malformed request after valid ones is refused once those have their answers', async (t) => {
  let last: Socket | undefined;
  const backend = await startRawBackend((_request, socket) => {
    last = socket;
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  for (const bad of ['GET / HTTP/1.1\r\nHost : x\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n']) {
    last = undefined;
    const client = new RawClient(traffic.port).send(get('/good') + bad + get('/behind'));
    await eventually('the good one is there', () => last !== undefined);
    last!.write(rawResponse('good'));
    const answer = await client.closed();
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\ngoodHTTP\/1\.1 400 /s);
    assert.equal(answer.match(/HTTP\/1\.1 \d/g)!.length, 2);
  }
  assert.doesNotMatch(backend.requests.join(''), /behind/);
});

test('a client that leaves cancels all its requests, including those whose turn had not come', async (t) => {
  const backend = await startRawBackend(() => undefined);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(get('/0') + get('/1') + get('/2'));
  await eventually('all are under way', () => traffic.tables.backends.inFlight(0) === 3);
  client.destroy();
  await eventually('none is', () => traffic.tables.backends.inFlight(0) === 0);
  await eventually('all are logged', () => traffic.log.filter(({ msg }) => msg === 'request').length === 3);
  assert.ok(backend.sockets.every((socket) => socket.destroyed) || (await closedAll(backend.sockets)));
});

async function closedAll(sockets: readonly Socket[]): Promise<boolean> {
  await eventually('their connections are closed', () => sockets.every((socket) => socket.destroyed));
  return true;
}

for (const [claim, last] of [
  ['closes the connection', 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ['is refused with its body', 'POST /last HTTP/1.1\r\nHost: x\r\nExpect: other\r\nContent-Length: 9\r\n\r\n'],
  ['is malformed', 'GET /last HTTP/1.1\r\nHost : x\r\n\r\n'],
] as const) {
  test(`an error of the gateway does not end the connection before the request behind it that ${claim}`, async (t) => {
    const traffic = await startTraffic(
      poolOf([`http://127.0.0.1:${await freePort()}`], 'retries: { attempts: 0 }\ncircuit_breaker: { enabled: false }'),
    );
    t.after(() => traffic.close());
    const answer = await new RawClient(traffic.port).send(get('/0') + get('/1') + last).closed();
    assert.equal(answer.match(/HTTP\/1\.1 \d/g)!.length, 3, answer);
    assert.equal(answer.match(/connection: close/gi)!.length, 1);
  });
}

test('an answer whose request breaks off in its turn is cut after those before it', async (t) => {
  let release = (): void => undefined;
  let hasBegun = false;
  const backend = await startRawServer((socket) => {
    socket.once('data', (bytes) => {
      if (bytes.toString().startsWith('GET')) release = (): void => void socket.write(rawResponse('first'));
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => (hasBegun = true));
    });
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    `${get('/0')}POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`,
  );
  await eventually('its answer has begun', () => hasBegun && traffic.tables.backends.inFlight(0) === 2);
  client.send('malformed\r\n');
  await eventually('the second is over', () => traffic.tables.backends.inFlight(0) === 1);
  release();
  const answer = await client.closed();
  assert.match(answer, /\r\n\r\nfirst(?:HTTP\/1\.1 200 OK|$)/);
  await eventually('none is in work', () => traffic.tables.backends.inFlight(0) === 0);
  await eventually('both are logged', () => traffic.log.filter(({ msg }) => msg === 'request').length === 2);
});

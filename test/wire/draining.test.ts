/** A thread that stops ends every connection as soon as nothing is left to do on it, and loses no answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

async function stop(traffic: Traffic): Promise<void> {
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: 600_000 });
  await eventually('it listens no more', () => !traffic.thread.app.server.listening);
}

async function hasStopped(traffic: Traffic): Promise<void> {
  await eventually('it has stopped', () => traffic.messages.some(({ type }) => type === 'stopped'));
}

async function start(t: TestContext, urls: readonly string[], more = ''): Promise<Traffic> {
  const traffic = await startTraffic(poolOf(urls, more));
  t.after(() => traffic.close());
  return traffic;
}

test('idle connections and those that never asked are closed', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await start(t, [backend.url]);
  const idle = new RawClient(traffic.port).send(get('/'));
  await idle.until('ok');
  const silent = new RawClient(traffic.port);
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
  await eventually('it is open', () => sockets.length === 1);
  await stop(traffic);
  await Promise.all([idle.closed(), silent.closed()]);
  await hasStopped(traffic);
});

test('a connection whose answer had begun before is closed when the answer ends', async (t) => {
  let end = (): void => undefined;
  const backend = await startRawBackend((_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
    end = (): void => void socket.write('half');
  });
  t.after(() => backend.close());
  const traffic = await start(t, [backend.url]);
  const client = new RawClient(traffic.port).send(get('/'));
  await client.until('half');
  await stop(traffic);
  end();
  assert.ok((await client.closed()).endsWith('halfhalf'));
  await hasStopped(traffic);
});

test('an answer of the gateway itself says that the connection closes', async (t) => {
  const backend = await startRawServer(() => undefined);
  t.after(() => backend.close());
  const traffic = await start(t, [backend.url], 'routes: [{ path_prefix: /, pool: default, timeout: 300ms }]');
  const client = new RawClient(traffic.port).send(get('/'));
  await eventually('it is under way', () => traffic.tables.backends.inFlight(0) === 1);
  await stop(traffic);
  assert.match(await client.closed(), /^HTTP\/1\.1 504 .*\r\nconnection: close\r\n/is);
  await hasStopped(traffic);
});

test('all requests of a connection that are under way are answered, and the last answer closes it', async (t) => {
  const waiting: (() => void)[] = [];
  const backend = await startRawBackend((request, socket) => {
    waiting.push(() => void socket.write(rawResponse(`<${request.split(' ', 2)[1]!}>`)));
  });
  t.after(() => backend.close());
  const traffic = await start(t, [backend.url]);
  const client = new RawClient(traffic.port).send(get('/0') + get('/1') + get('/2'));
  await eventually('all are there', () => waiting.length === 3);
  await stop(traffic);
  for (const answer of waiting) answer();
  const received = await client.closed();
  assert.deepEqual(received.match(/<[^>]+>/g), ['</0>', '</1>', '</2>']);
  assert.equal(received.match(/connection: close/gi)!.length, 1);
  await hasStopped(traffic);
});

test('a request that has begun to arrive is answered', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await start(t, [backend.url]);
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
  const client = new RawClient(traffic.port).send('GET / HT');
  await eventually('a part has come', () => sockets.length === 1 && !sockets[0]!.sluiceConnection!.isIdle);
  await stop(traffic);
  client.send('TP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await client.closed(), /^HTTP\/1\.1 200 .*\r\nconnection: close\r\n.*ok$/is);
  await hasStopped(traffic);
});

for (const begun of ['', 'GET /1 HT']) {
  test(`a request behind the answer that closes the connection reaches no backend (${begun})`, async (t) => {
    let answer = (): void => undefined;
    let end = (): void => undefined;
    const backend = await startRawBackend((_request, socket) => {
      answer = (): void => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
      end = (): void => void socket.write('half');
    });
    t.after(() => backend.close());
    const traffic = await start(t, [backend.url]);
    const sockets: Socket[] = [];
    traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
    const client = new RawClient(traffic.port).send(get('/0'));
    await eventually('it is there', () => backend.requests.length === 1);
    await stop(traffic);
    let before = sockets[0]!.bytesRead;
    client.send(begun);
    await eventually('a part has come', () => sockets[0]!.bytesRead === before + begun.length);
    answer();
    await client.until('half');
    before = sockets[0]!.bytesRead;
    client.send(get('/1').slice(begun.length));
    await eventually('it has come', () => sockets[0]!.bytesRead > before);
    end();
    const received = await client.closed();
    assert.match(received, /connection: close/i);
    assert.ok(received.endsWith('halfhalf'), received);
    assert.equal(backend.requests.length, 1);
  });
}

test('of requests that arrive together during a stop, each gets its answer', async (t) => {
  const traffic = await start(t, [`http://127.0.0.1:${await freePort()}`], 'retries: { attempts: 0 }');
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
  const client = new RawClient(traffic.port).send('GET / HT');
  await eventually('a part has come', () => sockets.length === 1 && !sockets[0]!.sluiceConnection!.isIdle);
  await stop(traffic);
  client.send(`TP/1.1\r\nHost: x\r\n\r\n${get('/1')}${get('/2')}`);
  const received = await client.closed();
  assert.equal(received.match(/HTTP\/1\.1 502 /g)?.length, 3, received);
  assert.equal(received.match(/connection: close/gi)!.length, 1);
});

test('a client that sends more before it has read the last answer can read all of that', async (t) => {
  let answer = (): void => undefined;
  const body = 'x'.repeat(2 * 1024 * 1024);
  const backend = await startRawBackend((_request, socket) => {
    answer = (): void => void socket.write(rawResponse(body));
  });
  t.after(() => backend.close());
  const traffic = await start(t, [backend.url]);
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
  const client = new RawClient(traffic.port).send(get('/0'));
  await eventually('it is there', () => backend.requests.length === 1);
  await stop(traffic);
  client.socket.pause();
  answer();
  await eventually('all is sent', () => sockets[0]!.writableFinished);
  client.send(get('/1'));
  await eventually('that is sent, too', () => client.socket.writableLength === 0);
  client.socket.resume();
  assert.ok((await client.closed()).endsWith(`\r\n\r\n${body}`));
  await hasStopped(traffic);
});

test('a connection to a backend that is still being made ends with the thread', async (t) => {
  // Accepts the connection, but not TLS.
  const silent = await startRawServer((socket) => void socket.resume());
  t.after(() => silent.close());
  const traffic = await start(t, [silent.url.replace('http:', 'https:')], 'timeouts: { connect: 10m }');
  const client = new RawClient(traffic.port).send(get('/'));
  await eventually('it is dialled', () => silent.sockets.length === 1);
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: 0 });
  await client.closed();
  await hasStopped(traffic);
  await eventually('it is closed', () => silent.sockets[0]!.destroyed);
});

test('a connection that comes while the thread stops, with a PROXY header behind it, is closed', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  const accepted: Socket[] = [];
  const door = await startRawServer((socket) => accepted.push(socket));
  t.after(() => Promise.all([backend.close(), door.close()]));
  const traffic = await start(t, [backend.url], 'server: { proxy_protocol: v1, proxy_protocol_from: [127.0.0.1] }');
  const client = new RawClient(door.port);
  t.after(() => client.destroy());
  await eventually('it is accepted', () => accepted.length === 1);
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: 600_000 });
  // The server is not closed yet.
  traffic.thread.app.server.emit('connection', accepted[0]!);
  await eventually('it listens no more', () => !traffic.thread.app.server.listening);
  client.send(`PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${get('/')}`);
  await eventually('it is closed', () => client.isClosed);
  await hasStopped(traffic);
});

test('a client that keeps its end open after the last answer of a stop is not waited for long', async (t) => {
  let answer = (): void => undefined;
  const backend = await startRawBackend((_request, socket) => {
    answer = (): void => void socket.write(rawResponse('ok'));
  });
  t.after(() => backend.close());
  const traffic = await start(t, [backend.url]);
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('connection', (accepted) => sockets.push(accepted));
  const socket = connect({ host: '127.0.0.1', port: traffic.port, allowHalfOpen: true });
  t.after(() => socket.destroy());
  socket.write(get('/'));
  await eventually('it is there', () => backend.requests.length === 1);
  await stop(traffic);
  answer();
  socket.resume();
  await once(socket, 'end');
  // Without a stop, it is 5 s.
  await eventually('its time has begun', () => sockets[0]!.timeout === 1000);
  await hasStopped(traffic);
});

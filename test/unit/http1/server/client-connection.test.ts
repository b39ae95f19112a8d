import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import type { GatewayError } from '../../../../src/errors.ts';
import { ClientConnection, type ClientConnectionSettings } from '../../../../src/http1/server/client-connection.ts';
import type { Http1Request } from '../../../../src/http1/server/http1-request.ts';
import type { Http1Response } from '../../../../src/http1/server/http1-response.ts';
import { Turns } from '../../../../src/http1/server/turns.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n';

/** Of a socket: it takes what is written until it is held. */
class FakeSocket extends Duplex {
  sent = '';
  isHeld = false;
  #release: (() => void) | null = null;

  constructor() {
    super({ allowHalfOpen: true, highWaterMark: 1000, decodeStrings: true });
  }

  override _read(): void {
    // Tests emit what comes.
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.sent += bytes.toString('latin1');
    if (this.isHeld) this.#release = done;
    else done();
  }

  /** As libuv, which ends a write that is under way. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.release();
    done(error);
  }

  release(): void {
    this.isHeld = false;
    this.#release?.();
    this.#release = null;
  }

  setTimeout(): this {
    return this;
  }

  resetAndDestroy(): this {
    return this.destroy();
  }
}

function start(more: Partial<ClientConnectionSettings> = {}) {
  const socket = new FakeSocket();
  const seen: { request: Http1Request; response: Http1Response }[] = [];
  const refused: string[] = [];
  const connection = new ClientConnection(socket as unknown as Socket, {
    settings: {
      maxHeadBytes: 1000,
      headTimeoutMs: 100,
      requestTimeoutMs: 500,
      keepAliveMs: 1000,
      maxPipelinedRequests: 2,
      maxRequestsPerConnection: 0,
      ...more,
    },
    turns: new Turns(),
    onRequest: (request, response) => void seen.push({ request, response }),
    asksForUpgrade: () => false,
    onHttp2: null,
    refuse: (response, error: GatewayError) => {
      refused.push(error.code);
      if (!response.headersSent) response.end(error.code);
    },
    refusal: (_socket, { error, isAborted }) => {
      refused.push(isAborted ? `${error.code} aborted` : error.code);
      return `<${error.code}>`;
    },
  });
  const receive = (text: string): void => void socket.emit('data', Buffer.from(text, 'latin1'));
  return { socket, connection, seen, refused, receive };
}

/** Looks at these times; @returns whether it was refused or closed after each. */
function isOverAt({ connection, socket, refused }: ReturnType<typeof start>, timesMs: readonly number[]): boolean[] {
  return timesMs.map((nowMs) => {
    connection.look(nowMs);
    return refused.length > 0 || socket.destroyed;
  });
}

test('a head may take its time from the first round on, whether it has begun or not', () => {
  for (const begun of ['', 'GET / HT']) {
    const started = start();
    if (begun !== '') started.receive(begun);
    assert.deepEqual(isOverAt(started, [5000, 5099, 4000, 5099, 5100]), [false, false, false, false, true]);
    assert.deepEqual(started.refused, ['GW_REQUEST_TIMEOUT']);
    assert.equal(started.socket.sent, '<GW_REQUEST_TIMEOUT>');
  }
});

test('the time of a head begins with its first byte on a connection that was idle', () => {
  const started = start();
  started.receive(GET);
  started.seen[0]!.response.end('ok');
  assert.deepEqual(isOverAt(started, [0, 900]), [false, false]);
  started.receive('GET');
  assert.deepEqual(isOverAt(started, [950, 1049, 1050]), [false, false, true]);
});

test('a request that is complete has no time limit here', () => {
  const started = start();
  started.receive(GET);
  assert.deepEqual(isOverAt(started, [0, 1e9]), [false, false]);
  started.receive('GET / HT');
  assert.deepEqual(isOverAt(started, [2e9, 3e9]), [false, false]);
});

test('a body has the time of the whole request, or any', () => {
  for (const requestTimeoutMs of [500, 0]) {
    const started = start({ requestTimeoutMs });
    started.receive(POST);
    const isLimited = requestTimeoutMs > 0;
    assert.deepEqual(isOverAt(started, [0, 499, 500, 1e9]), [false, false, isLimited, isLimited]);
    if (isLimited) assert.deepEqual(started.refused, ['GW_REQUEST_TIMEOUT']);
  }
});

test('a body that is held back costs its client no time', () => {
  const started = start();
  started.receive(POST);
  const { request } = started.seen[0]!;
  request.read({ onData: () => request.pause(), onEnd: () => {}, onGone: () => {} });
  assert.deepEqual(isOverAt(started, [0, 100]), [false, false]);
  started.receive('a');
  // Nothing waits: the client has sent no more.
  assert.deepEqual(isOverAt(started, [200]), [false]);
  started.receive('b');
  assert.deepEqual(isOverAt(started, [1000, 2000, 3000]), [false, false, false]);
  request.resume();
  assert.deepEqual(isOverAt(started, [3299, 3300]), [false, true]);
});

test('a body that is held back in its first round has its whole time afterwards, and no more', () => {
  const started = start();
  started.receive(POST);
  const { request } = started.seen[0]!;
  request.read({ onData: () => {}, onEnd: () => {}, onGone: () => {} });
  request.pause();
  started.receive('a');
  assert.deepEqual(isOverAt(started, [1_000_000]), [false]);
  request.resume();
  assert.deepEqual(isOverAt(started, [1_000_499, 1_000_500]), [false, true]);
});

test('an idle connection is closed without an answer after keep_alive', () => {
  const started = start();
  started.receive(GET);
  started.seen[0]!.response.end('ok');
  assert.deepEqual(isOverAt(started, [0, 999, 1000]), [false, false, true]);
  assert.ok(started.socket.sent.endsWith('ok'));
});

test('keep_alive begins when the answer is taken', () => {
  const started = start();
  started.receive(GET);
  started.socket.isHeld = true;
  started.seen[0]!.response.end('x'.repeat(2000));
  assert.deepEqual(isOverAt(started, [0, 5000, 10_000]), [false, false, false]);
  started.socket.release();
  assert.deepEqual(isOverAt(started, [10_999, 11_000]), [false, true]);
});

test('while an answer is not taken, no further request is begun', async () => {
  const { socket, seen, receive } = start();
  receive(GET);
  socket.isHeld = true;
  seen[0]!.response.end('x'.repeat(2000));
  receive(GET);
  assert.deepEqual([seen.length, socket.isPaused()], [1, true]);
  socket.release();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([seen.length, socket.isPaused()], [2, false]);
});

test('the limit of pipelined requests counts answers that have ended but wait for their turn', () => {
  const { seen, receive, socket } = start();
  receive(GET + GET + GET);
  assert.equal(seen.length, 2);
  seen[1]!.response.end('second');
  assert.equal(seen.length, 2);
  seen[0]!.response.end('first');
  assert.equal(seen.length, 3);
  assert.match(socket.sent, /first.*second$/s);
});

test('what comes behind the last request is dropped', () => {
  for (const more of [{ maxRequestsPerConnection: 1 }, {}]) {
    const { seen, receive, socket } = start(more);
    receive((more.maxRequestsPerConnection === 1 ? GET : GET.replace('Host', 'Connection: close\r\nHost')) + GET);
    receive(GET);
    assert.equal(seen.length, 1);
    seen[0]!.response.end('ok');
    assert.match(socket.sent, /Connection: close/);
    assert.equal(socket.writableEnded, true);
  }
});

test('a refusal that waits for its turn is reported as aborted when the connection ends before', async () => {
  for (const end of [
    ({ socket }: ReturnType<typeof start>): unknown => socket.destroy(),
    ({ seen }: ReturnType<typeof start>): void => {
      seen[0]!.response.shouldKeepAlive = false;
      seen[0]!.response.end('last');
    },
  ]) {
    const started = start();
    started.receive(`${GET}CONNECT a:1 HTTP/1.1\r\n\r\n`);
    assert.deepEqual(started.refused, []);
    end(started);
    await new Promise(setImmediate);
    assert.deepEqual(started.refused, ['GW_METHOD_NOT_ALLOWED aborted']);
    assert.doesNotMatch(started.socket.sent, /</);
  }
});

test('an answer whose connection is lost is closed once, in work or written', async () => {
  const { seen, receive, socket } = start({ maxPipelinedRequests: 3 });
  receive(GET + GET + GET);
  const told = seen.map(({ response }) => {
    const events: string[] = [];
    for (const name of ['finish', 'close']) response.on(name, () => events.push(name));
    return events;
  });
  seen[0]!.response.end('ok');
  await Promise.resolve();
  socket.isHeld = true;
  seen[1]!.response.end('x'.repeat(2000));
  socket.destroy();
  await new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(told, [['finish', 'close'], ['close'], ['close']]);
  assert.deepEqual(
    seen.map(({ response }) => [response.writableFinished, response.destroyed]),
    [
      [true, false],
      [false, true],
      [false, true],
    ],
  );
});

test('data that was read and not used goes back into the socket when the connection leaves HTTP', () => {
  const { connection, receive, socket } = start({ maxPipelinedRequests: 1 });
  receive(`${GET}bytes`);
  connection.detach();
  assert.equal(String(socket.read()), 'bytes');
});

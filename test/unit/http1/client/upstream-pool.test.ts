import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { UpstreamControl, UpstreamListener, UpstreamRequest } from '../../../../src/http/upstream-side.ts';
import type { UpstreamConnection } from '../../../../src/http1/client/upstream-connection.ts';
import { type ConnectCallback, UpstreamPool } from '../../../../src/http1/client/upstream-pool.ts';

/** What the connections use of a socket. */
class FakeSocket extends EventEmitter {
  written = '';
  writable = true;
  writableLength = 0;
  destroyed = false;

  write(data: string | Buffer): boolean {
    this.written += typeof data === 'string' ? data : data.toString('latin1');
    return true;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    queueMicrotask(() => this.emit('close'));
    return this;
  }

  resume(): this {
    return this;
  }
}

class Listener implements UpstreamListener {
  readonly seen: string[] = [];
  control: UpstreamControl | null = null;

  onSent(control: UpstreamControl): void {
    this.control = control;
    this.seen.push('sent');
  }

  onInterim(): void {
    this.seen.push('interim');
  }

  onHead(status: number): void {
    this.seen.push(`head ${status}`);
  }

  onBody(chunk: Buffer): boolean {
    this.seen.push(chunk.toString('latin1'));
    return true;
  }

  onEnd(): void {
    this.seen.push('end');
  }

  onError(error: Error, isReused: boolean): void {
    this.seen.push(`${(error as NodeJS.ErrnoException).code}${isReused ? ' reused' : ''}`);
  }
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const ANSWERED = ['sent', 'head 200', 'ok', 'end'];

function request(target: string): UpstreamRequest {
  return { method: 'GET', target, fields: [], host: 'x', body: null };
}

function start(idleMs = 10_000) {
  const clock = { nowMs: 0 };
  /** Oldest first. */
  const dials: { newConnection: () => UpstreamConnection; callback: ConnectCallback }[] = [];
  const pool = new UpstreamPool(
    { maxHeadBytes: 1000, headTimeoutMs: 0, idleMs },
    {
      nowMs: () => clock.nowMs,
      connect: (newConnection, callback) => {
        const dial = { newConnection, callback };
        dials.push(dial);
        return () => void dials.splice(dials.indexOf(dial), 1);
      },
    },
  );
  const send = (target: string): Listener => {
    const listener = new Listener();
    pool.send(request(target), listener);
    return listener;
  };
  /** The oldest dial succeeds. */
  const connect = () => {
    const { newConnection, callback } = dials.shift()!;
    const connection = newConnection();
    const socket = new FakeSocket();
    callback({ connection, socket: socket as unknown as Socket });
    const receive = (bytes: string): void => {
      const length = (connection.onread.buffer() as Buffer).write(bytes, 'latin1');
      connection.onread.callback(length);
    };
    return { socket, receive };
  };
  const fail = (): void => dials.shift()!.callback(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }));
  return { clock, pool, dials, send, connect, fail };
}

test('every request that waits has a dial; one that is served otherwise leaves its dial to the next', () => {
  const { pool, dials, send, connect } = start();
  const first = send('/1');
  const second = send('/2');
  assert.deepEqual([dials.length, pool.size], [2, 2]);
  const one = connect();
  assert.deepEqual([first.seen, second.seen], [['sent'], []]);
  one.receive(OK);
  assert.deepEqual([first.seen, second.seen], [ANSWERED, ['sent']]);
  const two = connect();
  assert.equal(two.socket.written, '');
  const third = send('/3');
  assert.deepEqual([third.seen, dials.length, pool.size], [['sent'], 0, 2]);
  assert.match(two.socket.written, /^GET \/3 /);
});

test('a request that is cancelled while it waits is never sent, and the next one uses its dial', () => {
  const { pool, dials, send, connect } = start();
  const left = send('/left');
  pool.cancel(left);
  const next = send('/next');
  assert.equal(dials.length, 1);
  const { socket } = connect();
  assert.deepEqual([left.seen, next.seen], [[], ['sent']]);
  assert.match(socket.written, /^GET \/next /);
});

test('a dial that fails ends the request that waits longest, unless other dials may serve it', () => {
  const { pool, send, connect, fail } = start();
  const [first, second, third] = [send('/1'), send('/2'), send('/3')];
  fail();
  assert.deepEqual([first.seen, second.seen, third.seen], [['ECONNREFUSED'], [], []]);
  pool.cancel(second);
  fail();
  assert.deepEqual(third.seen, []);
  connect();
  assert.deepEqual([second.seen, third.seen], [[], ['sent']]);
});

test('a request made again from its own failure is dialled for', () => {
  const { pool, dials, send, fail, connect } = start();
  const again = new Listener();
  const first = send('/1');
  first.onError = () => pool.send(request('/again'), again);
  fail();
  assert.equal(dials.length, 1);
  connect();
  assert.deepEqual(again.seen, ['sent']);
});

test('bytes that nobody asked for close an idle connection; bytes behind an answer do, too', () => {
  for (const late of [true, false]) {
    const { pool, send, connect, dials } = start();
    const first = send('/1');
    const { socket, receive } = connect();
    if (late) {
      receive(OK);
      receive(OK);
    } else {
      receive(OK + OK);
    }
    assert.deepEqual([first.seen, socket.destroyed, pool.size], [ANSWERED, true, 0]);
    send('/2');
    assert.equal(dials.length, 1);
  }
});

test('an answer that comes before the whole request is written ends the connection', () => {
  const { pool, send, connect } = start();
  const listener = send('/1');
  const { socket, receive } = connect();
  socket.writableLength = 1;
  receive(OK);
  assert.deepEqual([listener.seen, socket.destroyed, pool.size], [ANSWERED, true, 0]);
});

test('an idle connection is used again before its time is over, and not after', () => {
  for (const [hint, limitMs] of [
    ['', 10_000],
    ['Keep-Alive: timeout=5\r\nConnection: keep-alive\r\n', 4000],
    ['Keep-Alive: timeout=50\r\nConnection: keep-alive\r\n', 10_000],
  ] as const) {
    for (const [waitedMs, isUsed] of [
      [limitMs - 1, true],
      [limitMs, false],
    ] as const) {
      const { clock, send, connect, dials, pool } = start();
      send('/1');
      const { socket, receive } = connect();
      receive(OK.replace('\r\n', `\r\n${hint}`));
      clock.nowMs = waitedMs;
      send('/2');
      assert.deepEqual([dials.length, socket.destroyed], isUsed ? [0, false] : [1, true], `${hint} ${waitedMs}`);
      pool.destroy();
    }
  }
});

test('a connection that a backend keeps for no longer than a second is not kept', () => {
  const { send, connect, pool } = start();
  send('/1');
  const { socket, receive } = connect();
  receive(OK.replace('\r\n', '\r\nKeep-Alive: timeout=1\r\nConnection: keep-alive\r\n'));
  assert.deepEqual([socket.destroyed, pool.size], [true, 0]);
});

test('a sweep closes what has been idle for long enough, each by its own limit', () => {
  const { clock, send, connect, pool } = start();
  const sockets = ['/1', '/2'].map((target) => {
    send(target);
    return connect();
  });
  sockets[0]!.receive(OK);
  sockets[1]!.receive(OK.replace('\r\n', '\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive\r\n'));
  clock.nowMs = 4000;
  pool.sweep();
  assert.deepEqual(
    sockets.map(({ socket }) => socket.destroyed),
    [false, true],
  );
  clock.nowMs = 10_000;
  pool.sweep();
  assert.equal(sockets[0]!.socket.destroyed, true);
  assert.equal(pool.size, 0);
});

test('a reused connection that breaks before any byte of the answer is reported as such', () => {
  const { send, connect } = start();
  const first = send('/1');
  const { socket, receive } = connect();
  receive(OK);
  const second = send('/2');
  socket.emit('end');
  assert.deepEqual([first.seen, second.seen], [ANSWERED, ['sent', 'UPSTREAM_CUT reused']]);
});

test('one that breaks within the answer, or that is new, is not', () => {
  const { send, connect } = start();
  send('/1');
  const { socket, receive } = connect();
  receive(OK);
  const second = send('/2');
  receive('HTTP/1.1 2');
  socket.emit('end');
  assert.deepEqual(second.seen, ['sent', 'UPSTREAM_CUT']);
  const third = send('/3');
  connect().socket.emit('end');
  assert.deepEqual(third.seen, ['sent', 'UPSTREAM_CUT']);
});

test('an exchange that is aborted hears no more, and its connection is closed', () => {
  const { send, connect, pool } = start();
  const listener = send('/1');
  const { socket, receive } = connect();
  receive('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
  listener.control!.abort();
  receive('rest!');
  assert.deepEqual([listener.seen, socket.destroyed, pool.size], [['sent', 'head 200', 'half'], true, 0]);
});

test('one that is aborted within its own answer hears no more of what has come with it', () => {
  const { send, connect } = start();
  const listener = send('/1');
  const { socket, receive } = connect();
  listener.onHead = () => listener.control!.abort();
  receive(OK);
  assert.deepEqual([listener.seen, socket.destroyed], [['sent'], true]);
});

test('a pool that is closed serves those who wait, and keeps no connection', () => {
  const { pool, send, connect } = start();
  send('/idle');
  const idle = connect();
  idle.receive(OK);
  const busy = send('/busy');
  const waiting = send('/waiting');
  pool.close();
  assert.equal(idle.socket.destroyed, false);
  const { socket, receive } = connect();
  assert.deepEqual(waiting.seen, ['sent']);
  receive(OK);
  idle.receive(OK);
  assert.deepEqual([waiting.seen, busy.seen], [ANSWERED, ANSWERED]);
  assert.deepEqual([socket.destroyed, idle.socket.destroyed, pool.size], [true, true, 0]);
});

test('a pool that is destroyed ends everything, once, and dials no more', () => {
  const { pool, dials, send, connect } = start();
  const busy = send('/busy');
  const { socket } = connect();
  const waiting = send('/waiting');
  pool.destroy();
  assert.deepEqual([busy.seen, waiting.seen], [['sent', 'UPSTREAM_DESTROYED'], ['UPSTREAM_DESTROYED']]);
  assert.deepEqual([socket.destroyed, dials.length, pool.size], [true, 0, 0]);
});

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { ConnectionWatch, type Verdict } from '../../../src/traffic/connection-watch.ts';

const SETTINGS = { minBodyRate: 100, bodyRateWindowMs: 1000, writeTimeoutMs: 5000 };

interface Fake {
  bytesRead: number;
  writableLength: number;
  _handle: { writeQueueSize: number };
  _httpMessage: { req: { complete: boolean; readableFlowing: boolean | null } } | null;
}

function fake(): Fake {
  return {
    bytesRead: 0,
    writableLength: 0,
    _handle: { writeQueueSize: 0 },
    _httpMessage: { req: { complete: false, readableFlowing: true } },
  };
}

function watching(socket: Fake, settings = SETTINGS): (nowMs: number) => Verdict {
  const watch = new ConnectionWatch(socket as unknown as Socket, settings);
  return (nowMs) => watch.look(nowMs);
}

test('a body is slow when a whole window brought less than the rate asks for', () => {
  const socket = fake();
  const look = watching(socket);
  assert.equal(look(0), 'fine');
  socket.bytesRead = 99;
  assert.equal(look(999), 'fine');
  assert.equal(look(1000), 'slow_body');
});

test('a body that brings just enough is fine, and the next window counts anew', () => {
  const socket = fake();
  const look = watching(socket);
  look(0);
  socket.bytesRead = 100;
  assert.equal(look(1000), 'fine');
  // What came too much before does not help.
  socket.bytesRead = 100_000;
  assert.equal(look(2000), 'fine');
  assert.equal(look(2999), 'fine');
  assert.equal(look(3000), 'slow_body');
});

test('a late round asks for as much as its longer window could bring', () => {
  const socket = fake();
  const look = watching(socket);
  look(0);
  socket.bytesRead = 199;
  assert.equal(look(2000), 'slow_body');
});

test('while the gateway itself does not read, no window runs', () => {
  const socket = fake();
  const look = watching(socket);
  look(0);
  socket._httpMessage!.req.readableFlowing = false;
  assert.equal(look(5000), 'fine');
  socket._httpMessage!.req.readableFlowing = true;
  assert.equal(look(5900), 'fine');
  assert.equal(look(6000), 'slow_body');
});

test('a request that is complete, a connection at rest, and a rate of zero are never slow', () => {
  const socket = fake();
  const look = watching(socket);
  const any = watching(socket, { ...SETTINGS, minBodyRate: 0 });
  look(0);
  any(0);
  socket._httpMessage!.req.complete = true;
  assert.equal(look(9000), 'fine');
  socket._httpMessage = null;
  assert.equal(look(19_000), 'fine');
  assert.equal(any(19_000), 'fine');
});

test('the next request on the connection begins with a window of its own', () => {
  const socket = fake();
  const look = watching(socket);
  look(0);
  socket._httpMessage = { req: { complete: false, readableFlowing: true } };
  assert.equal(look(1500), 'fine');
  assert.equal(look(2499), 'fine');
  assert.equal(look(2500), 'slow_body');
});

test('a reader is slow when nothing of what waits for it has moved for the whole time-out', () => {
  const socket = fake();
  socket._httpMessage!.req.complete = true;
  const look = watching(socket);
  socket.writableLength = 1000;
  socket._handle.writeQueueSize = 1000;
  assert.equal(look(0), 'fine');
  assert.equal(look(4999), 'fine');
  // One byte less in the kernel's queue is a sign of life.
  socket._handle.writeQueueSize = 999;
  assert.equal(look(5000), 'fine');
  assert.equal(look(9999), 'fine');
  assert.equal(look(10_000), 'slow_reader');
});

test('who has nothing to read is not slow', () => {
  const socket = fake();
  socket._httpMessage!.req.complete = true;
  const look = watching(socket);
  look(0);
  assert.equal(look(60_000), 'fine');
});

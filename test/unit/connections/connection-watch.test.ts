import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { ConnectionWatch, type Verdict } from '../../../src/connections/connection-watch.ts';

const SETTINGS = { minBodyRate: 100, minResponseRate: 0, bodyRateWindowMs: 1000, writeTimeoutMs: 5000 };

interface Fake {
  bytesRead: number;
  writableLength: number;
  writableHighWaterMark: number;
  _handle: { bytesWritten: number; writeQueueSize: number };
  sluiceConnection: { arriving: { complete: boolean; isRead: boolean } | null };
}

function fake(): Fake {
  return {
    bytesRead: 0,
    writableLength: 0,
    writableHighWaterMark: 65_536,
    _handle: { bytesWritten: 0, writeQueueSize: 0 },
    sluiceConnection: { arriving: { complete: false, isRead: true } },
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

test('a body that arrives just fast enough is fine, and the next window starts from zero', () => {
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
  socket.sluiceConnection.arriving!.isRead = false;
  assert.equal(look(5000), 'fine');
  socket.sluiceConnection.arriving!.isRead = true;
  assert.equal(look(5900), 'fine');
  assert.equal(look(6000), 'slow_body');
});

test('a request that is complete, a connection at rest, and a rate of zero are never slow', () => {
  const socket = fake();
  const look = watching(socket);
  const any = watching(socket, { ...SETTINGS, minBodyRate: 0 });
  look(0);
  any(0);
  socket.sluiceConnection.arriving!.complete = true;
  assert.equal(look(9000), 'fine');
  socket.sluiceConnection.arriving = null;
  assert.equal(look(19_000), 'fine');
  assert.equal(any(19_000), 'fine');
});

test('the next request on the connection begins with a window of its own', () => {
  const socket = fake();
  const look = watching(socket);
  look(0);
  socket.sluiceConnection.arriving = { complete: false, isRead: true };
  assert.equal(look(1500), 'fine');
  assert.equal(look(2499), 'fine');
  assert.equal(look(2500), 'slow_body');
});

/** Has an answer of which `waiting` bytes wait; `take` moves some of them to the kernel. */
function reading(waiting: number, settings = SETTINGS) {
  const socket = fake();
  socket.sluiceConnection.arriving!.complete = true;
  socket.writableLength = waiting;
  socket._handle = { bytesWritten: waiting, writeQueueSize: waiting };
  const take = (bytes: number): void => {
    socket._handle.writeQueueSize -= bytes;
  };
  return { socket, take, look: watching(socket, settings) };
}

test('without a minimum rate, a reader is slow when it has taken nothing for the whole timeout', () => {
  const { take, look } = reading(1000);
  assert.equal(look(0), 'fine');
  assert.equal(look(4999), 'fine');
  // One byte less in the kernel's queue is a sign of life.
  take(1);
  assert.equal(look(5000), 'fine');
  assert.equal(look(9999), 'fine');
  assert.equal(look(10_000), 'slow_reader');
});

const RATED = { ...SETTINGS, minResponseRate: 1000 };

test('with a full connection, a window that brings less than the least rate makes a reader slow', () => {
  const { take, look } = reading(100_000, RATED);
  assert.equal(look(0), 'fine');
  take(999);
  assert.equal(look(999), 'fine');
  assert.equal(look(1000), 'slow_reader');
});

test('a reader that takes 64 bytes every two seconds is slow, however long its timeout', () => {
  const { take, look } = reading(10_000_000, {
    ...SETTINGS,
    minResponseRate: 1024,
    bodyRateWindowMs: 10_000,
    writeTimeoutMs: 60_000,
  });
  for (let atMs = 0; atMs < 10_000; atMs += 1000) {
    if (atMs % 2000 === 0) take(64);
    assert.equal(look(atMs), 'fine');
  }
  assert.equal(look(10_000), 'slow_reader');
});

test('a reader that takes just enough is fine, and the next window starts from zero', () => {
  const { take, look } = reading(100_000, RATED);
  look(0);
  take(50_000);
  assert.equal(look(1000), 'fine');
  take(999);
  assert.equal(look(1999), 'fine');
  assert.equal(look(2000), 'slow_reader');
});

test('a late round asks a reader for as much as its longer window could bring', () => {
  const { take, look } = reading(100_000, RATED);
  look(0);
  take(1999);
  assert.equal(look(2000), 'slow_reader');
});

test('a client that has read everything waits for the backend: its window is over', () => {
  const { socket, look } = reading(100_000, RATED);
  look(0);
  socket.writableLength = 0;
  socket._handle.writeQueueSize = 0;
  assert.equal(look(900), 'fine');
  assert.equal(look(60_000), 'fine');
  socket.writableLength = 100_000;
  socket._handle = { bytesWritten: 200_000, writeQueueSize: 100_000 };
  assert.equal(look(61_000), 'fine');
  assert.equal(look(61_999), 'fine');
  assert.equal(look(62_000), 'slow_reader');
});

test('less data than a window requires has the whole timeout to be read, and then all of it must have been', () => {
  const { take, look } = reading(500, RATED);
  look(0);
  assert.equal(look(4000), 'fine');
  take(499);
  assert.equal(look(4999), 'fine');
  assert.equal(look(5000), 'slow_reader');

  const other = reading(500, RATED);
  other.look(0);
  other.take(250);
  assert.equal(other.look(4000), 'fine');
  // More has come meanwhile, and of that much the reader takes a little: the first 500 bytes are gone.
  other.socket.writableLength = 600;
  other.take(250);
  assert.equal(other.look(4999), 'fine');
  assert.equal(other.look(5000), 'fine');
});

test('a connection that fills up gets the window of a full one from then on', () => {
  const { socket, look } = reading(500, RATED);
  look(0);
  socket.writableLength = 70_000;
  assert.equal(look(400), 'fine');
  assert.equal(look(1399), 'fine');
  assert.equal(look(1400), 'slow_reader');
});

test('the connection is full at its high-water mark, though a window must bring more', () => {
  const { take, look } = reading(65_536, { ...RATED, minResponseRate: 1_000_000 });
  look(0);
  take(65_000);
  assert.equal(look(1000), 'slow_reader');
});

test('a tunnel must be taken as fast, and may be silent', () => {
  const { socket, look } = reading(100_000, RATED);
  socket.sluiceConnection.arriving = null;
  look(0);
  assert.equal(look(1000), 'slow_reader');

  const silent = reading(0, RATED);
  silent.socket.sluiceConnection.arriving = null;
  silent.look(0);
  assert.equal(silent.look(3_600_000), 'fine');
});

test('a client with nothing to read is not slow', () => {
  const socket = fake();
  socket.sluiceConnection.arriving!.complete = true;
  const look = watching(socket);
  look(0);
  assert.equal(look(60_000), 'fine');
});

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { AddressTurns } from '../../../src/addresses/core/address-turns.ts';
import { dial, HEAD_START_MS } from '../../../src/addresses/dial.ts';

/** A connection that the test makes succeed or fail. */
class FakeSocket extends EventEmitter {
  readonly _handle = { fd: 900 };
  isDestroyed = false;
  destroy(): void {
    this.isDestroyed = true;
  }
}

function harness(t: TestContext, addresses: readonly string[], maxDescriptor = Infinity) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const turns = new AddressTurns(addresses);
  const begun: { address: string; socket: FakeSocket; done: (error: Error | null) => void }[] = [];
  const reported: unknown[] = [];
  const stop = dial(addresses[0]!, {
    turns,
    timeoutMs: 3000,
    nowMs: () => 0,
    maxDescriptor,
    connect: (address, callback) => {
      const socket = new FakeSocket();
      const asSocket = socket as unknown as Socket;
      begun.push({ address, socket, done: (error) => callback(error, error === null ? asSocket : null) });
      return asSocket;
    },
    onConnected: (_socket, address) => reported.push(address),
    onFailed: (error) => reported.push(error.message),
  });
  const tried = (): string[] => begun.map(({ address }) => address);
  const drawn = (): Set<string | undefined> => new Set(Array.from({ length: 6 }, () => turns.next(0)));
  return { begun, reported, tried, drawn, stop, wait: (ms: number) => t.mock.timers.tick(ms) };
}

test('an address that refuses is followed by the next at once, and is skipped afterwards', (t) => {
  const { begun, reported, tried, drawn } = harness(t, ['a', 'b', 'c']);
  begun[0]!.done(new Error('refused'));
  assert.deepEqual(tried(), ['a', 'b']);
  begun[1]!.done(null);
  assert.deepEqual(reported, ['b']);
  assert.deepEqual(drawn(), new Set(['b', 'c']));
});

test('a silent address is raced by the next one, and whichever connects first is kept', (t) => {
  const { begun, reported, tried, wait } = harness(t, ['a', 'b', 'c']);
  wait(HEAD_START_MS - 1);
  assert.deepEqual(tried(), ['a']);
  wait(1);
  assert.deepEqual(tried(), ['a', 'b']);
  begun[0]!.done(null);
  assert.deepEqual(reported, ['a']);
  assert.deepEqual([begun[0]!.socket.isDestroyed, begun[1]!.socket.isDestroyed], [false, true]);
  begun[1]!.done(null);
  assert.deepEqual(reported, ['a'], 'reported once');
});

test('an address that has answered may take its time for TLS', (t) => {
  const { begun, tried, wait } = harness(t, ['a', 'b']);
  begun[0]!.socket.emit('connect');
  wait(HEAD_START_MS);
  assert.deepEqual(tried(), ['a']);
});

test('when all have failed, the error is that of the first', (t) => {
  const { begun, reported } = harness(t, ['a', 'b']);
  begun[0]!.done(new Error('first'));
  begun[1]!.done(new Error('second'));
  assert.deepEqual(reported, ['first']);
});

test('the time to connect is for all addresses together', (t) => {
  const { begun, reported, wait } = harness(t, ['a', 'b']);
  wait(3000);
  assert.deepEqual(reported, ['No address answered in time']);
  assert.ok(begun.every(({ socket }) => socket.isDestroyed));
});

test('a dial that is stopped calls no callback', (t) => {
  const { begun, reported, stop, wait } = harness(t, ['a', 'b']);
  stop();
  begun[0]!.done(null);
  wait(3000);
  assert.deepEqual(reported, []);
  assert.equal(begun[0]!.socket.isDestroyed, true);
});

test('a connection with a descriptor of the reserve is closed, and no address is skipped because of it', (t) => {
  const { begun, reported, tried, drawn } = harness(t, ['a', 'b'], 899);
  begun[0]!.done(null);
  assert.deepEqual(
    [reported, tried(), begun[0]!.socket.isDestroyed],
    [['no file descriptor left for backends'], ['a'], true],
  );
  assert.deepEqual(drawn(), new Set(['a', 'b']));
});

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Tunnel } from '../../../../src/forwarding/upgrade/tunnel.ts';

interface Fake {
  bytesRead: number;
  bytesWritten: number;
  readableLength: number;
  readableEnded: boolean;
}

function tunnel(idleMs: number): { client: Fake; backend: Fake; isIdle: (nowMs: number) => boolean } {
  const fake = (): Fake => ({ bytesRead: 0, bytesWritten: 0, readableLength: 0, readableEnded: false });
  const [client, backend] = [fake(), fake()];
  const made = new Tunnel(client as unknown as Socket, backend as unknown as Socket, idleMs, () => undefined);
  return { client, backend, isIdle: (nowMs) => made.isIdle(nowMs) };
}

test('a tunnel is idle when no byte came from either side for the whole time', () => {
  const { client, backend, isIdle } = tunnel(1000);
  assert.equal(isIdle(0), false);
  assert.equal(isIdle(999), false);
  client.bytesRead = 1;
  assert.equal(isIdle(1000), false);
  backend.bytesRead = 1;
  assert.equal(isIdle(1999), false);
  assert.equal(isIdle(2998), false);
  assert.equal(isIdle(2999), true);
});

test('zero means forever', () => {
  const { isIdle } = tunnel(0);
  isIdle(0);
  assert.equal(isIdle(1e9), false);
});

test('with one direction ended, a minute of silence is enough', () => {
  const { backend, isIdle } = tunnel(0);
  isIdle(0);
  backend.readableEnded = true;
  assert.equal(isIdle(59_999), false);
  assert.equal(isIdle(60_000), true);
});

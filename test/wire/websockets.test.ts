import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import { fakeAdminApp } from '../support/admin-app.ts';
import { eventually } from '../support/eventually.ts';
import { behindHead, startTap, type Tap } from '../support/tap.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';
import { upgrade } from '../support/websocket-client.ts';

/** The part of the package ws used here; it has no types of its own. */
interface ServerSocket {
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: 'pong', listener: (data: Buffer) => void): void;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): void;
  send(data: Buffer, options: { binary: boolean; fin?: boolean; compress?: boolean }): void;
  ping(data: string): void;
}

interface Echo {
  readonly port: number;
  readonly pongs: readonly string[];
  readonly closes: readonly (readonly [code: number, reason: string])[];
}

/** Greets with a ping, then sends every message back: in two fragments when it is longer than one byte. */
async function startEcho(t: TestContext): Promise<Echo> {
  const app = Fastify();
  t.after(() => app.close());
  const pongs: string[] = [];
  const closes: [number, string][] = [];
  await app.register(websocket, { options: { perMessageDeflate: { threshold: 0 }, maxPayload: 2 ** 26 } });
  app.get('/', { websocket: true }, (given) => {
    const socket = given as unknown as ServerSocket;
    socket.on('pong', (data) => pongs.push(data.toString()));
    socket.on('close', (code, reason) => closes.push([code, reason.toString()]));
    socket.on('message', (data, binary) => {
      const half = data.length >> 1;
      if (half > 0) socket.send(data.subarray(0, half), { binary, fin: false });
      socket.send(data.subarray(half), { binary, fin: true });
    });
    socket.ping('are you there');
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { port: (app.server.address() as AddressInfo).port, pongs, closes };
}

interface Chain {
  readonly echo: Echo;
  readonly traffic: Traffic;
  /** Between client and gateway, and between gateway and backend. */
  readonly outer: Tap;
  readonly inner: Tap;
}

async function startChain(t: TestContext): Promise<Chain> {
  const echo = await startEcho(t);
  const inner = await startTap(echo.port);
  t.after(() => inner.close());
  const traffic = await startTraffic(poolOf([`http://127.0.0.1:${inner.port}`]));
  t.after(() => traffic.close());
  const outer = await startTap(traffic.port);
  t.after(() => outer.close());
  return { echo, traffic, outer, inner };
}

async function open(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  socket.binaryType = 'arraybuffer';
  await once(socket, 'open');
  return socket;
}

async function message(socket: WebSocket): Promise<unknown> {
  const [event] = (await once(socket, 'message')) as [MessageEvent];
  return event.data;
}

test('a WebSocket works through the gateway, and not one byte of its frames differs on the two sides', async (t) => {
  const { echo, traffic, outer, inner } = await startChain(t);
  const socket = await open(outer.port);
  assert.equal(socket.extensions, 'permessage-deflate');
  for (const text of [
    '',
    'a',
    'grüße 🎈',
    'x'.repeat(125),
    'x'.repeat(126),
    'y'.repeat(65_536),
    'z'.repeat(3_000_000),
  ]) {
    const answer = message(socket);
    socket.send(text);
    assert.equal(await answer, text);
  }
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 2_000_000]) {
    // Does not shrink when it is compressed.
    const bytes = new Uint8Array(length).map((_, at) => Math.imul(at, 2_654_435_761) >>> 13);
    const answer = message(socket);
    socket.send(bytes);
    assert.deepEqual(new Uint8Array((await answer) as ArrayBuffer), bytes);
  }
  await eventually('the ping was answered', () => echo.pongs.length === 1);
  assert.deepEqual(echo.pongs, ['are you there']);
  const closed = once(socket, 'close') as Promise<[CloseEvent]>;
  socket.close(4001, 'that is all');
  const [{ code, wasClean }] = await closed;
  assert.deepEqual([code, wasClean], [4001, true]);
  await eventually('the backend knows', () => echo.closes.length === 1);
  assert.deepEqual(echo.closes, [[4001, 'that is all']]);
  await eventually('nothing is in flight', () => traffic.tables.backends.inFlight(0) === 0);

  const [without, within] = [outer.connections[0]!, inner.connections[0]!];
  assert.ok(behindHead(without.up).length > 2_000_000);
  assert.ok(behindHead(without.up).equals(behindHead(within.up)));
  assert.ok(behindHead(without.down).equals(behindHead(within.down)));
});

test('many messages at once come back in their order, whole', async (t) => {
  const { traffic } = await startChain(t);
  const socket = await open(traffic.port);
  t.after(() => socket.close());
  const sent = Array.from({ length: 500 }, (_, at) => `${at}:${'x'.repeat((at * 37) % 5000)}`);
  const received: unknown[] = [];
  socket.addEventListener('message', ({ data }) => received.push(data));
  for (const text of sent) socket.send(text);
  await eventually('all have come back', () => received.length === sent.length);
  assert.deepEqual(received, sent);
});

test('frames that break the rules reach the backend as they are, and its verdict the client', async (t) => {
  const { echo, traffic } = await startChain(t);
  const { client } = await upgrade(traffic.port, '/');
  // A reserved opcode, masked and empty: ws closes with 1002.
  client.socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
  await client.closed();
  assert.equal(client.closeCode, 1002);
  assert.equal(echo.closes.length, 1);
});

test('proxied WebSockets and the metrics stream of the admin app live in one process', async (t) => {
  const { traffic } = await startChain(t);
  const admin = await fakeAdminApp({ metrics: { intervalMs: 5, storeHistory: false } });
  t.after(() => admin.close());
  await admin.listen({ host: '127.0.0.1', port: 0 });
  const { client } = await upgrade((admin.server.address() as AddressInfo).port, '/ws/metrics');
  const socket = await open(traffic.port);
  t.after(() => socket.close());
  for (const text of ['one', 'two']) {
    const answer = message(socket);
    socket.send(text);
    assert.equal(await answer, text);
    assert.match((await client.next()).type, /snapshot|frame/);
  }
  // Each knows its own paths only.
  const metrics = await upgrade(traffic.port, '/ws/metrics');
  assert.equal(metrics.status, 404);
  metrics.client.socket.destroy();
  client.socket.destroy();
});

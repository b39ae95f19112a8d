/** Answers that a client has not taken yet are neither lost nor collected without end. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
/** Head and body are read at once, so that the answer is complete whether the client takes it or not. */
const BODY = 'x'.repeat(12_000);

async function start(t: TestContext, server = '') {
  const backend = await startRawBackend(rawResponse(BODY));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `rate_limit: { enabled: false }\n${server}`));
  t.after(() => traffic.close());
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
  const client = new RawClient(traffic.port);
  t.after(() => client.destroy());
  await eventually('the connection is open', () => sockets.length === 1);
  client.socket.pause();
  return { traffic, backend, client, socket: sockets[0]! };
}

/** Asks until an answer no longer fits into the buffers of the kernel. @returns how often. */
async function fill({ backend, client, socket }: Awaited<ReturnType<typeof start>>): Promise<number> {
  for (let count = 1; ; count += 1) {
    client.send(GET);
    await eventually('it is answered', () => backend.requests.length === count && socket.sluiceConnection!.isIdle);
    if (socket.writableLength > 0) return count;
  }
}

const count = (received: string): number => received.split(BODY).length - 1;

test('a client that reads nothing is not asked for more requests', async (t) => {
  const started = await start(t);
  const { traffic, backend, client, socket } = started;
  await fill(started);
  const before = backend.requests.length;
  client.send(GET.repeat(500));
  let seen = -1;
  await eventually('nothing moves', () => {
    const isStill = seen === socket.bytesRead + backend.requests.length + socket.writableLength;
    seen = socket.bytesRead + backend.requests.length + socket.writableLength;
    return isStill && socket.isPaused();
  });
  const { writableLength } = socket;
  assert.ok(writableLength < 512 * 1024, `${writableLength} bytes wait`);
  assert.equal(traffic.tables.backends.inFlight(0), 0);
  client.socket.resume();
  await client.until((received) => count(received) === before + 500);
});

test('an answer that its client leaves before it is taken is logged as aborted', async (t) => {
  const started = await start(t);
  const { traffic, client } = started;
  const asked = await fill(started);
  client.socket.resetAndDestroy();
  const lines = () => traffic.log.filter(({ msg }) => msg === 'request');
  await eventually('all are logged', () => lines().length >= asked);
  assert.equal(lines().length, asked);
  assert.equal(lines().at(-1)!['aborted'], true);
  assert.equal(lines()[0]!['aborted'], undefined);
});

test('the keep-alive timeout begins when the answer is taken', async (t) => {
  const started = await start(t, 'server: { keep_alive: 100ms }');
  const asked = await fill(started);
  // The timeout passes for others.
  await new RawClient(started.traffic.port).send(GET).closed();
  await new RawClient(started.traffic.port).send(GET).closed();
  started.client.socket.resume();
  assert.equal(count(await started.client.closed()), asked);
});

test('a stop waits until the answer is taken', async (t) => {
  const started = await start(t);
  const { traffic, client } = started;
  const asked = await fill(started);
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: 600_000 });
  await eventually('it stops', () => !traffic.thread.app.server.listening);
  client.socket.resume();
  assert.equal(count(await client.closed()), asked);
  await eventually('it has stopped', () => traffic.messages.some(({ type }) => type === 'stopped'));
});

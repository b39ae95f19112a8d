/**
 * Internals of Node and undici that Sluice uses without a promise from either: they exist, and are used. After an
 * upgrade of either, a missing hook would cost speed, or a rare request its answer, and no other test might show why.
 */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { parserOf, type UndiciParser } from '../../src/forwarding/undici/undici-parser.ts';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { selfSigned } from '../support/self-signed.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** Connections to backends, once undici has taken them over. */
function upstreamSockets(t: TestContext): Socket[] {
  const sockets: Socket[] = [];
  const onConnected = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
  subscribe('undici:client:connected', onConnected);
  t.after(() => unsubscribe('undici:client:connected', onConnected));
  return sockets;
}

async function startOver(t: TestContext, respond: Parameters<typeof startRawBackend>[0]): Promise<Traffic> {
  const backend = await startRawBackend(respond);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  return traffic;
}

test('undici’s parser is found on a backend’s connection, with all that is used of it', async (t) => {
  const sockets = upstreamSockets(t);
  const traffic = await startOver(t, rawResponse('ok'));
  await httpRequest(traffic.url);
  const parser = parserOf(sockets[0]!);
  assert.ok(parser !== undefined);
  assert.equal(typeof parser.execute, 'function');
  assert.equal(parser.paused, false);
  assert.deepEqual(parser.headers, []);
  assert.ok(parser.ptr !== null && parser.ptr !== undefined);
});

test("a backend's bytes are read into a reused buffer, and go to the parser and not to the stream", async (t) => {
  const sockets = upstreamSockets(t);
  const traffic = await startOver(t, rawResponse('ok'));
  await httpRequest(traffic.url);
  const [socket] = sockets as [Socket];
  const parser = parserOf(socket)!;
  const execute = t.mock.method(parser, 'execute');
  const push = t.mock.method(socket, 'push');
  for (const body of ['ok', 'ok']) assert.equal((await httpRequest(traffic.url)).body, body);
  assert.equal(sockets.length, 1);
  const buffers = execute.mock.calls.map(({ arguments: [chunk] }) => chunk.buffer);
  assert.ok(buffers.length >= 2);
  assert.equal(new Set(buffers).size, 1);
  assert.equal(buffers[0]!.byteLength, 16_384);
  assert.equal(push.mock.callCount(), 0);
});

test('the patch that drops a stray 100 Continue is in place', async (t) => {
  const sockets = upstreamSockets(t);
  const traffic = await startOver(t, 'HTTP/1.1 100 Continue\r\n\r\n'.concat(rawResponse('ok')));
  assert.equal((await httpRequest(traffic.url)).status, 200);
  const prototype = Object.getPrototypeOf(parserOf(sockets[0]!)) as UndiciParser;
  // undici's own is a method of its class and has its name.
  assert.equal(prototype.onHeadersComplete.name, '');
});

test('undici ends a streamed body with the chunk that trailers are put into', async (t) => {
  const sockets = upstreamSockets(t);
  let received = '';
  const backend = await startRawServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.endsWith('\r\n\r\n') && received.includes('\r\n0\r\n')) socket.write(rawResponse('ok'));
    });
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n',
  );
  t.after(() => client.destroy());
  await eventually('the body is under way', () => received.includes('\r\n4\r\nbody'));
  const written: unknown[] = [];
  const original = sockets[0]!.write.bind(sockets[0]!) as (...args: unknown[]) => boolean;
  (sockets[0]! as { write: unknown }).write = (chunk: unknown, ...rest: unknown[]): boolean => {
    written.push(chunk);
    return original(chunk, ...rest);
  };
  client.send('0\r\nX-Sum: 1\r\n\r\n');
  await client.until('ok');
  assert.deepEqual(written, ['\r\n0\r\n\r\n']);
});

test('a failed write leaves a backend’s connection open for what was sent before, for a round of the event loop', async (t) => {
  const sockets = upstreamSockets(t);
  const traffic = await startOver(t, rawResponse('ok'));
  await httpRequest(traffic.url);
  const socket = sockets[0]! as Socket & { readonly _readableState: { readonly errored: Error | null } };
  const error = Object.assign(new Error('write EPIPE'), { syscall: 'write' });
  socket.destroy(error);
  assert.equal(socket.destroyed, false);
  assert.equal(socket.sluiceIsLastRead, true);
  // Node's stream passes nothing on while this says otherwise.
  assert.equal(socket._readableState.errored, null);
  await new Promise((resolve) => socket.once('close', resolve));
  assert.equal(socket.errored, error);
});

test('of a backend behind TLS, the connection below says whether it is still read', async (t) => {
  const server = createTlsServer(selfSigned, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(rawResponse('ok')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const sockets = upstreamSockets(t);
  const traffic = await startTraffic(poolOf([`https://127.0.0.1:${port}`], '    insecure_skip_tls_verify: true'));
  t.after(() => traffic.close());
  await httpRequest(traffic.url);
  const { _handle: handle } = sockets[0]! as unknown as {
    _handle: { reading: boolean; _parent: { readStart: unknown; readStop: unknown } };
  };
  assert.equal(handle.reading, true);
  assert.deepEqual([typeof handle._parent.readStart, typeof handle._parent.readStop], ['function', 'function']);
});

test('Node’s server keeps the properties on a connection that are read there', async (t) => {
  let answer: (() => void) | undefined;
  const traffic = await startOver(t, (_request, socket) => {
    answer = (): void => void socket.write(rawResponse('ok'));
  });
  const { server } = traffic.thread.app;
  const [connected, requested] = [once(server, 'connection'), once(server, 'request')];
  const client = new RawClient(traffic.port).send(GET);
  t.after(() => client.destroy());
  const [socket] = (await connected) as [Socket];
  const [, response] = (await requested) as [unknown, ServerResponse];
  assert.equal(socket._httpMessage, response);
  assert.equal(socket._paused, false);
  const { bytesWritten, writeQueueSize } = socket._handle!;
  assert.deepEqual([typeof bytesWritten, typeof writeQueueSize], ['number', 'number']);
  // Ours, instead of the parser's, which it calls.
  assert.equal(socket.listenerCount('data'), 1);
  assert.ok(socket.sluiceFeed !== undefined);
  const destroySoon = t.mock.method(socket, 'destroySoon');
  response.shouldKeepAlive = false;
  await eventually('the backend has it', () => answer !== undefined);
  answer!();
  await client.closed();
  assert.equal(destroySoon.mock.callCount(), 1);
});

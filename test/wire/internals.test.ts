/**
 * What Sluice takes of Node that it does not promise is there, and is used. After an upgrade, a hook that found nothing would cost speed, or a rare request its answer, and no other test might say why.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server, type Http2Session } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { backendTls } from '../../src/backends/backend-tls.ts';
import { connectToBackend } from '../../src/forwarding/backend-socket.ts';
import { handleOf } from '../../src/net/session-life.ts';
import { TLS } from '../support/pool-settings.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { selfSigned } from '../support/self-signed.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

async function startOver(t: TestContext, respond: Parameters<typeof startRawBackend>[0]): Promise<Traffic> {
  const backend = await startRawBackend(respond);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  return traffic;
}

test('of a backend behind TLS, the connection below says whether it is still read', async (t) => {
  const server = createTlsServer(selfSigned, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(rawResponse('ok')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const url = new URL(`https://127.0.0.1:${port}`);
  const tls = backendTls(url, { tls: TLS, insecureSkipTlsVerify: true });
  const socket = await new Promise<Socket>((resolve, reject) => {
    connectToBackend('127.0.0.1', url, tls, {}, (error, connected) =>
      error === null ? resolve(connected!) : reject(error),
    );
  });
  t.after(() => socket.destroy());
  socket.resume();
  const { _handle: handle } = socket as unknown as {
    _handle: { reading: boolean; _parent: { readStart: unknown; readStop: unknown } };
  };
  assert.equal(handle.reading, true);
  assert.deepEqual([typeof handle._parent.readStart, typeof handle._parent.readStop], ['function', 'function']);
});

test('a session of HTTP/2 has a native part, on both sides', async (t) => {
  const server = createHttp2Server().listen(0, '127.0.0.1');
  t.after(() => server.close());
  const accepted = once(server, 'session') as Promise<[Http2Session]>;
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const session = connectHttp2('http://x', { createConnection: () => socket });
  t.after(() => session.destroy());
  for (const each of [session, (await accepted)[0]]) assert.equal(handleOf(each)?.constructor.name, 'Http2Session');
});

test('Node keeps on a connection what the kernel has taken of it', async (t) => {
  const traffic = await startOver(t, rawResponse('ok'));
  const connected = once(traffic.thread.app.server, 'connection');
  const client = new RawClient(traffic.port).send(GET);
  t.after(() => client.destroy());
  const [socket] = (await connected) as [Socket];
  const { bytesWritten, writeQueueSize } = socket._handle!;
  assert.deepEqual([typeof bytesWritten, typeof writeQueueSize], ['number', 'number']);
});

test('a connection of a client is read into the buffer that Node is given for it', async (t) => {
  const traffic = await startOver(t, rawResponse('ok'));
  const connected = once(traffic.thread.app.server, 'connection');
  const client = new RawClient(traffic.port).send(GET);
  t.after(() => client.destroy());
  const [socket] = (await connected) as [Socket];
  await client.until('ok');
  assert.equal(socket.listenerCount('data'), 0);
});

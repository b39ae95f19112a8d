/**
 * A body without a length ends with its connection, so the way the connection ends shows whether it is complete: RFC
 * 9112, section 9.8. Node emits `end` in both cases.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { RawClient } from '../support/raw-socket.ts';
import { selfSigned } from '../support/self-signed.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';
import { upgradeRequest } from '../support/upgrade-backend.ts';

interface Ends {
  /** As it should: with close_notify under TLS. */
  readonly cleanly: () => void;
  /** The connection below TLS ends without an explanation. */
  readonly withFin: () => void;
  readonly withReset: () => void;
}

/** Answers every request with this, and then leaves it to the test how its connection ends. */
async function startBackend(t: TestContext, isTls: boolean, answer: string) {
  const ended: ((ends: Ends) => void)[] = [];
  const serve = (socket: Socket | TLSSocket, raw: Socket): void => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(answer);
      ended.shift()?.({
        cleanly: () => void socket.end(),
        // Nothing is unread, so the kernel sends FIN.
        withFin: () => void raw.destroy(),
        withReset: () => void raw.resetAndDestroy(),
      });
    });
  };
  const raws = new Map<number | undefined, Socket>();
  const server = isTls
    ? createTlsServer(selfSigned, (socket) => serve(socket, raws.get(socket.remotePort)!))
    : createTcpServer((socket) => serve(socket, socket));
  if (isTls) server.on('connection', (socket) => raws.set(socket.remotePort, socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const raw of raws.values()) raw.destroy();
    server.close();
  });
  return {
    url: `${isTls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered: () => new Promise<Ends>((resolve) => ended.push(resolve)),
  };
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const UNTIL_CLOSED = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe beginning';

for (const [request, kind] of [
  [GET, 'answer'],
  [upgradeRequest(), 'refusal of an upgrade'],
] as const) {
  for (const [isTls, end, isComplete] of [
    [true, 'cleanly', true],
    [true, 'withFin', false],
    [true, 'withReset', false],
    [false, 'cleanly', true],
    [false, 'withReset', false],
  ] as const) {
    const [over, how] = [isTls ? 'TLS' : 'TCP', end.replace(/[A-Z]/, (letter) => ` ${letter.toLowerCase()}`)];
    test(
      `an ${kind} over ${over} without a length that ends ${how} is ${isComplete ? 'complete' : 'cut'}`.replace(
        /^an r/,
        'a r',
      ),
      async (t) => {
        const backend = await startBackend(t, isTls, UNTIL_CLOSED);
        const traffic = await startTraffic(poolOf([backend.url], '    insecure_skip_tls_verify: true'));
        t.after(() => traffic.close());
        const answered = backend.answered();
        const client = new RawClient(traffic.port).send(request);
        t.after(() => client.destroy());
        const ends = await answered;
        await client.until('the beginning');
        ends[end]();
        if (isComplete) assert.match(await client.until('\r\n0\r\n\r\n'), /^HTTP\/1\.1 200 /);
        else assert.doesNotMatch(await client.closed(), /\r\n0\r\n\r\n/);
        assert.equal(traffic.tables.backends.failures(0), isComplete ? 0 : 1);
      },
    );
  }
}

test('a complete answer over TLS stays one when its connection ends without close_notify, and so does the next', async (t) => {
  const backend = await startBackend(t, true, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const traffic = await startTraffic(poolOf([backend.url], '    insecure_skip_tls_verify: true'));
  t.after(() => traffic.close());
  for (let request = 0; request < 3; request += 1) {
    const answered = backend.answered();
    const client = new RawClient(traffic.port).send(GET);
    t.after(() => client.destroy());
    await client.until('ok');
    (await answered).withFin();
  }
  assert.equal(traffic.tables.backends.failures(0), 0);
});

test('an answer that is read slowly is complete when close_notify came while nobody read', async (t) => {
  const body = 'x'.repeat(4 * 2 ** 20);
  const backend = await startBackend(t, true, `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`);
  const traffic = await startTraffic(poolOf([backend.url], '    insecure_skip_tls_verify: true'));
  t.after(() => traffic.close());
  const answered = backend.answered();
  const client = new RawClient(traffic.port).send(GET);
  t.after(() => client.destroy());
  client.socket.pause();
  (await answered).cleanly();
  client.socket.resume();
  await client.until((received) => received.endsWith('\r\n0\r\n\r\n'));
  assert.equal(traffic.tables.backends.failures(0), 0);
});

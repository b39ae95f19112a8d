/** Connections to backends read into reused buffers: no byte may end up in another client's answer. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { RawClient, startRawBackend } from '../support/raw-socket.ts';
import { selfSigned } from '../support/self-signed.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';

/** More than the kernel keeps for a reader that stops. */
const BYTES = 16 * 1024 * 1024 + 17;
const KINDS = ['length', 'chunked', 'closed'] as const;

/** In bytes: contents that begin this far apart differ at every place. */
const SHIFT = 4 * 1_000_003;
const COUNT = 8;
/** Bytes that repeat nowhere. */
const ALL = new Uint32Array((BYTES + COUNT * SHIFT) / 4 + 1);
for (let at = 0; at < ALL.length; at += 1) ALL[at] = Math.imul(at, 2_654_435_761);

function contentOf(number: number): Buffer {
  return Buffer.from(ALL.buffer, number * SHIFT, BYTES);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, kind, number] = request.url!.split('/');
  const content = contentOf(Number(number));
  if (kind === 'length') response.setHeader('content-length', BYTES);
  if (kind === 'closed') {
    response.setHeader('connection', 'close');
    response.removeHeader('transfer-encoding');
    response.useChunkedEncodingByDefault = false;
  }
  // In pieces of a size that no buffer has.
  for (let at = 0; at < BYTES; at += 150_021) response.write(content.subarray(at, at + 150_021));
  response.end();
}

async function download(traffic: Traffic, path: string): Promise<IncomingMessage> {
  const request = get(`${traffic.url}${path}`, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  return response;
}

async function digest(response: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of response) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

for (const [scheme, server] of [
  ['http', createServer(answer)],
  ['https', createTlsServer(selfSigned, answer)],
] as const) {
  test(`answers that come at once over ${scheme}, to readers that stop and go on, stay whole`, async (t) => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const traffic = await startTraffic(poolOf([`${scheme}://127.0.0.1:${port}`], '    insecure_skip_tls_verify: true'));
    t.after(() => traffic.close());
    const expected = Array.from({ length: COUNT }, (_, number) =>
      createHash('sha256').update(contentOf(number)).digest('hex'),
    );
    const responses = await Promise.all(
      expected.map((_, number) => download(traffic, `/${KINDS[number % KINDS.length]}/${number}`)),
    );
    // Every second one is read only when the others are through: until then its bytes wait in the gateway.
    const got = Array.from<string>({ length: responses.length });
    for (const turn of [0, 1]) {
      await Promise.all(
        responses.map(async (response, number) => {
          if (number % 2 === turn) got[number] = await digest(response);
        }),
      );
    }
    assert.deepEqual(got, expected);
  });
}

test('heads and trailers that arrive byte by byte on two connections at once do not mix', async (t) => {
  const backends: Socket[] = [];
  const backend = await startRawBackend((_request, socket) => {
    backends.push(socket);
    if (backends.length === 2) interleave(backends as [Socket, Socket]);
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const clients = [0, 1].map(() =>
    new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: close\r\n\r\n'),
  );
  const answers = await Promise.all(clients.map((client) => client.closed()));
  const letters = answers.map((text) => /^x-name: (\w)\1{19}\r$/m.exec(text)?.[1]);
  assert.deepEqual(new Set(letters), new Set(['a', 'b']));
  for (const [at, text] of answers.entries()) {
    const letter = letters[at]!;
    const fields = text.toLowerCase();
    assert.match(fields, new RegExp(`\\r\\n${letter.repeat(20)}: 1\\r\\n`), 'name of a field');
    assert.match(fields, new RegExp(`(?:\\r\\n1\\r\\n${letter}){5}\\r\\n0\\r\\n`), 'body');
    assert.match(fields, new RegExp(`\\r\\nx-trailer: ${letter.repeat(20)}\\r\\n`), 'trailer');
  }
});

function messageOf(letter: string): string {
  const long = letter.repeat(20);
  return (
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-trailer\r\nx-name: ${long}\r\n${long}: 1\r\n\r\n` +
    `5\r\n${letter.repeat(5)}\r\n0\r\nx-trailer: ${long}\r\n\r\n`
  );
}

/** A byte to the one, a byte to the other, each in a packet of its own. */
function interleave(sockets: [Socket, Socket]): void {
  const messages = [messageOf('a'), messageOf('b')];
  for (const socket of sockets) socket.setNoDelay(true);
  let at = 0;
  const step = (): void => {
    for (const [which, socket] of sockets.entries()) socket.write(messages[which]!.slice(at, at + 1));
    at += 1;
    if (at < messages[0]!.length) setImmediate(step);
  };
  step();
}

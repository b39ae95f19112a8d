import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { RequestFeed } from '../../../src/connections/request-feed.ts';

interface Fed {
  /** Request line, and body if there is one, in the order of the requests. */
  readonly requests: readonly string[];
  /** What Node's parser got, call by call. */
  readonly pieces: readonly string[];
}

/** Gives the chunks to a server of Node's behind a feed, which answers `count` requests. */
async function feed(chunks: readonly string[], count: number): Promise<Fed> {
  const requests: string[] = [];
  const pieces: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const server = createServer({ connectionsCheckingInterval: 3_600_000 }, (request, response) => {
    request.socket.sluiceFeed!.started(response);
    const at = requests.push(`${request.method} ${request.url}`) - 1;
    request.on('data', (body: Buffer) => (requests[at] += ` ${body.toString('latin1')}`));
    request.on('end', () => {
      response.end();
      if (requests.length === count) resolve(undefined);
    });
  });
  server.on('clientError', reject);
  server.on('connection', (socket: Socket) => {
    const [parse] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    socket.off('data', parse!);
    socket.on('data', (bytes: Buffer) => {
      pieces.push(bytes.toString('latin1'));
      parse!.call(socket, bytes);
    });
    void new RequestFeed(socket, 2, 0);
  });
  const socket = new Duplex({ read: () => undefined, write: (_bytes, _encoding, done) => done() });
  server.emit('connection', socket);
  for (const chunk of chunks) socket.push(Buffer.from(chunk, 'latin1'));
  await promise.finally(() => socket.destroy());
  server.close();
  return { requests, pieces };
}

const HOST = 'Host: x\r\n';
const GET = `GET /a HTTP/1.1\r\n${HOST}\r\n`;
/** Messages that end in every possible way, containing text that looks like an end or a request line. */
const MESSAGES = [
  GET,
  `\r\n\r\nGET /\xe9b HTTP/1.1\r\n${HOST}X: \xe9\r\n\r\n`,
  `POST /c\xe9 HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\n\r\n\r\nGET /\xe9`,
  `POST /\xe9?\xff HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n4\r\n0\r/\xe9\r\n0\r\n\r\n`,
  `POST http://x/\xe9 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\n0\r\n000;a=b\r\nT: 0\r\n\r\n`,
  `POST /\x80 HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
  GET,
];
const ALL = MESSAGES.join('');
const REQUESTS = [
  'GET /a',
  'GET /\xe9b',
  'POST /c\xe9 \r\n\r\nGET /\xe9',
  'POST /\xe9?\xff \r\n\r\n 0\r/\xe9',
  'POST http://x/\xe9 0',
  'POST /\x80',
  'GET /a',
];

/** What the parser gets to see of ALL. */
const MASKED = MESSAGES.map((message) =>
  message.replace(/\S+(?= HTTP)/, (target) => target.replaceAll(/[\x80-\xff]/g, '%')),
).join('');

/** Where in ALL something ends. */
function ends(parts: readonly string[]): Set<number> {
  let at = 0;
  return new Set(parts.map((part) => (at += part.length)));
}

/** A body may arrive in other parts than it was sent in. */
const joined = (requests: readonly string[]): readonly string[] =>
  requests.map((request) => request.replaceAll(' ', ''));

test('at whatever byte what is sent is cut, all of it arrives, and no piece goes beyond a message', async () => {
  for (let cut = 1; cut < ALL.length; cut += 1) {
    const { requests, pieces } = await feed([ALL.slice(0, cut), ALL.slice(cut)], REQUESTS.length);
    assert.deepEqual(joined(requests), joined(REQUESTS), `cut at ${cut}`);
    assert.equal(pieces.join(''), MASKED);
    const piecesEnd = ends(pieces);
    for (const end of ends(MESSAGES)) assert.ok(piecesEnd.has(end), `cut at ${cut}, no piece ends at ${end}`);
  }
});

test('the same when every byte comes alone', async () => {
  const { requests } = await feed(ALL.split(''), REQUESTS.length);
  assert.deepEqual(joined(requests), joined(REQUESTS));
});

test('a body comes in one piece, except for the empty lines after what looks like the last chunk', async () => {
  const text = 'a\r\n\r\n'.repeat(1000);
  const size = text.length.toString(16);
  for (const [message, max] of [
    [`Content-Length: ${text.length}\r\n\r\n${text}`, 2],
    [`Transfer-Encoding: chunked\r\n\r\n${size}\r\n${text}\r\n0\r\n\r\n`, 2],
    [`Transfer-Encoding: chunked\r\n\r\n${(text.length + 4).toString(16)}\r\n\r\n0:${text}\r\n0\r\n\r\n`, 3],
  ] as const) {
    const { requests, pieces } = await feed([`POST / HTTP/1.1\r\n${HOST}${message}`, GET], 2);
    assert.equal(requests.at(-1), 'GET /a');
    assert.equal(pieces.length, max + 1);
  }
});

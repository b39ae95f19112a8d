/**
 * Random messages, whole and broken, in random pieces: with a feed before it, Node's parser must find the same requests
 * as without, or refuse earlier. The reference has an ASCII character instead of each byte above 0x7f.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { RequestFeed } from '../../../src/connections/request-feed.ts';
import { type Draw, seededDraw } from '../../support/seeded.ts';

interface Parsed {
  /** Method, target, fields and body. */
  readonly requests: string[];
  error: string | undefined;
}

/** Done when nothing more has arrived for some turns of the event loop. */
async function parse(pieces: readonly string[], hasFeed: boolean): Promise<Parsed> {
  const parsed: Parsed = { requests: [], error: undefined };
  const server = createServer(
    { connectionsCheckingInterval: 3_600_000, requireHostHeader: false },
    (request, response) => {
      if (hasFeed) request.socket.sluiceFeed!.started(response);
      const { method, url, rawHeaders } = request;
      const at = parsed.requests.push(`${method} ${url} ${rawHeaders.join(' ')} `) - 1;
      request.on('data', (body: Buffer) => (parsed.requests[at] += body.toString('latin1')));
      request.on('end', () => response.end());
      request.on('error', () => undefined);
    },
  );
  server.on('clientError', (error: NodeJS.ErrnoException, client: Duplex) => {
    parsed.error = error.code;
    client.destroy();
  });
  if (hasFeed) server.on('connection', (client: Socket) => void new RequestFeed(client, 3, 0));
  const socket = new Duplex({ read: () => undefined, write: (_bytes, _encoding, done) => done() });
  server.emit('connection', socket);
  for (const piece of pieces) if (!socket.destroyed) socket.push(Buffer.from(piece, 'latin1'));
  for (let before = -1, still = 0; still < 5; await setImmediate()) {
    const { length } = parsed.requests.join();
    still = length === before ? still + 1 : 0;
    before = length;
  }
  socket.destroy();
  server.close();
  return parsed;
}

const TARGETS = [
  '/',
  '/a',
  '/\xe9',
  '/a?\xe9\xff',
  'http://x/\xe9',
  'http://x?\x80',
  'http://\xe9/',
  '\xe9',
  '/\xe9 \xe9',
];
const BODIES = [
  'abc',
  '\r\n',
  '\r\n\r\n',
  'GET /\xe9',
  '\r\n\r\nGET /\xe9 HTTP/1.1\r\n\r\n',
  '0\r\n\r\n',
  '\r\n0\r\n\r\nGET /\xe9 H',
  '\n0',
];
const ODD = ['\r', '\n', ' ', '\t', '\0', ':', '/', '0', '1', '\xe9', '\r\n', '\r\n\r\n', ''];

function message(draw: Draw): string {
  const line = `${draw.of(['GET', 'POST', 'HEAD'])} ${draw.of(TARGETS)} HTTP/1.1\r\n${draw.of(['', 'A: \xe9\r\n'])}`;
  const start = draw.of(['', '', '\r\n', '\n', '\r\n\r\n']) + line;
  const body = draw.of(BODIES);
  switch (draw.below(3)) {
    case 0:
      return `${start}\r\n`;
    case 1:
      return `${start}Content-Length: ${body.length}\r\n\r\n${body}`;
    default: {
      const chunk = `${body.length.toString(16)}${draw.of(['', ';a=b'])}\r\n${body}\r\n`;
      const last = `${draw.of(['0', '000', '0;a'])}\r\n${draw.of(['', 'T: 0\r\n', 'T: \xe9\r\n'])}\r\n`;
      return `${start}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(draw.below(3))}${last}`;
    }
  }
}

/** One character is replaced. */
function broken(text: string, draw: Draw): string {
  const at = draw.below(text.length);
  return text.slice(0, at) + draw.of(ODD) + text.slice(at + draw.below(2));
}

function piecesOf(text: string, draw: Draw): string[] {
  const pieces: string[] = [];
  const max = draw.of([3, 30, 3000]);
  for (let at = 0; at < text.length; at += pieces.at(-1)!.length) pieces.push(text.slice(at, at + 1 + draw.below(max)));
  return pieces;
}

const ascii = (text: string): string => text.replaceAll(/[\x80-\xff]/g, 'e');

test('the parser finds what it would have found without the feed, or refuses earlier', async () => {
  const draw = seededDraw(19);
  let high = 0;
  for (let round = 0; round < 500; round += 1) {
    let text = Array.from({ length: 1 + draw.below(5) }, () => message(draw)).join('');
    for (let faults = draw.below(3); faults > 0; faults -= 1) text = broken(text, draw);
    const fed = await parse(piecesOf(text, draw), true);
    const wanted = await parse([ascii(text)], false);
    const about = JSON.stringify({ text, fed, wanted });
    for (const [at, request] of fed.requests.entries()) {
      assert.doesNotMatch(request, /%/, about);
      if (at + 1 < fed.requests.length || fed.error === undefined)
        assert.equal(ascii(request), wanted.requests[at], about);
      else assert.ok(wanted.requests[at]?.startsWith(ascii(request)), about);
      if (/^\w+ \S*[\x80-\xff]/.test(request)) high += 1;
    }
    if (fed.error === undefined || ascii(text) === text) {
      assert.equal(fed.requests.length, wanted.requests.length, about);
      assert.equal(fed.error, wanted.error, about);
    }
  }
  assert.ok(high > 200, `${high} targets had bytes above 0x7f`);
});

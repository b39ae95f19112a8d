/**
 * Requests that two recipients could read in two ways, and ways to hide one request in another. Each has its verdict:
 * the status, and the request lines that reach the backend.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';

const HOST = 'Host: x\r\n';
const GET = `GET / HTTP/1.1\r\n${HOST}`;
const POST = `POST / HTTP/1.1\r\n${HOST}`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const HIDDEN = `GET /hidden HTTP/1.1\r\n${HOST}\r\n`;

/** Refused with this status, the connection closed, no request that is whole reaches the backend. */
const REFUSED: readonly (readonly [claim: string, bytes: string, status?: number])[] = [
  // Lines
  ['a bare LF after the request line', 'GET / HTTP/1.1\nHost: x\r\n\r\n'],
  ['bare LFs throughout', 'GET / HTTP/1.1\nHost: x\n\n'],
  ['a bare LF after a field', `${GET}X-A: a\nX-B: b\r\n\r\n`],
  ['a bare LF at the end of the head, a request behind it', `${GET}X-A: a\n\n${HIDDEN}`],
  ['a bare CR in a value', `${GET}X-A: a\rX-B: b\r\n\r\n`],
  ['a field that goes on in the next line', `${GET}X-A: a\r\n b\r\n\r\n`],
  ['a field that goes on in the next line, with a tab', `${GET}X-A: a\r\n\tb\r\n\r\n`],
  ['a space before the first field', 'GET / HTTP/1.1\r\n Host: x\r\n\r\n'],
  ['a NUL in a value', `${GET}X-A: a\0b\r\n\r\n`],
  ['a NUL in a name', `${GET}X\0A: a\r\n\r\n`],
  ['a NUL in the target', `GET /\0 HTTP/1.1\r\n${HOST}\r\n`],
  ['a control character in a value', `${GET}X-A: a\x01b\r\n\r\n`],
  ['a DEL in a value', `${GET}X-A: a\x7fb\r\n\r\n`],
  ['a space before the colon', `${GET}X-A : a\r\n\r\n`],
  ['a tab before the colon', `${GET}X-A\t: a\r\n\r\n`],
  ['a space in a name', `${GET}X A: a\r\n\r\n`],
  ['an empty name', `${GET}: a\r\n\r\n`],
  ['a line without a colon', `${GET}X-A\r\n\r\n`],
  // The request line
  ['a space in the target', `GET /a b HTTP/1.1\r\n${HOST}\r\n`],
  ['tabs in the request line', `GET\t/\tHTTP/1.1\r\n${HOST}\r\n`],
  ['a fragment in the target', `GET /a#b HTTP/1.1\r\n${HOST}\r\n`],
  ['a target that is neither path nor URL', `GET foo HTTP/1.1\r\n${HOST}\r\n`],
  ['an absolute target with userinfo', `GET http://u@x/ HTTP/1.1\r\n${HOST}\r\n`],
  ['an absolute target of another scheme', `GET ftp://x/ HTTP/1.1\r\n${HOST}\r\n`],
  ['HTTP/0.9', 'GET /\r\n\r\n'],
  ['HTTP/0.9 by name', `GET / HTTP/0.9\r\n${HOST}\r\n`],
  ['HTTP/1.2', `GET / HTTP/1.2\r\n${HOST}\r\n`],
  ['HTTP/2.0 in the clear', `GET / HTTP/2.0\r\n${HOST}\r\n`],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a method of 65 characters', `${'M'.repeat(65)} / HTTP/1.1\r\n${HOST}\r\n`, 501],
  ['a method that is no token', `G@T / HTTP/1.1\r\n${HOST}\r\n`],
  ['a tunnel in lower case', `connect x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n${HIDDEN}`],
  // Host
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['two Hosts', `${GET}Host: y\r\n\r\n`],
  ['the same Host twice', `${GET}${HOST}\r\n`],
  ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  ['a Host with a path', 'GET / HTTP/1.1\r\nHost: x/y\r\n\r\n'],
  ['a Host with userinfo', 'GET / HTTP/1.1\r\nHost: u@x\r\n\r\n'],
  ['a list of Hosts', 'GET / HTTP/1.1\r\nHost: x, y\r\n\r\n'],
  ['two Hosts in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n'],
  // Lengths
  ['Content-Length before Transfer-Encoding', `${POST}Content-Length: 6\r\n${CHUNKED}\r\n0\r\n\r\nX`],
  ['Transfer-Encoding before Content-Length', `${POST}${CHUNKED}Content-Length: 6\r\n\r\n0\r\n\r\nX`],
  ['two different lengths', `${POST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
  ['the same length twice', `${POST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`],
  ['a list of lengths', `${POST}Content-Length: 3, 3\r\n\r\nabc`],
  ['a length with a plus', `${POST}Content-Length: +3\r\n\r\nabc`],
  ['a negative length', `${POST}Content-Length: -1\r\n\r\nabc`],
  ['a hexadecimal length', `${POST}Content-Length: 0x3\r\n\r\nabc`],
  ['a length with a space in it', `${POST}Content-Length: 3 0\r\n\r\nabc`],
  ['an empty length', `${POST}Content-Length:\r\n\r\nabc`],
  ['a length beyond 64 bits', `${POST}Content-Length: 18446744073709551617\r\n\r\na`, 413],
  ['a length that no number holds', `${POST}Content-Length: 9223372036854775808\r\n\r\na`, 413],
  // Codings
  ['gzip, chunked', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
  ['gzip and chunked in two fields', `${POST}Transfer-Encoding: gzip\r\n${CHUNKED}\r\n0\r\n\r\n`, 501],
  ['chunked, gzip', `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
  ['identity', `${POST}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`, 501],
  ['chunked, identity', `${POST}${CHUNKED}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
  ['chunked, chunked', `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`],
  ['chunked twice', `${POST}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n`],
  ['a comma before chunked', `${POST}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n`, 501],
  ['xchunked', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 501],
  ['chunked in quotes', `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`, 501],
  ['chunked with a parameter', `${POST}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n`, 501],
  ['a vertical tab before chunked', `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ['a no-break space before chunked', `${POST}Transfer-Encoding: \xa0chunked, gzip\r\n\r\n0\r\n\r\n`, 501],
  ['an empty coding', `${POST}Transfer-Encoding:\r\n\r\n0\r\n\r\n`],
  ['a coding in the next line', `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  ['a coding with a space before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['a coding in HTTP/1.0', `POST / HTTP/1.0\r\n${HOST}${CHUNKED}\r\n0\r\n\r\n`],
  // Chunks
  ['a chunk size that is no number', `${POST}${CHUNKED}\r\nzz\r\nabc\r\n0\r\n\r\n`],
  ['a chunk size with 0x', `${POST}${CHUNKED}\r\n0x3\r\nabc\r\n0\r\n\r\n`],
  ['a negative chunk size', `${POST}${CHUNKED}\r\n-3\r\nabc\r\n0\r\n\r\n`],
  ['a chunk size with a plus', `${POST}${CHUNKED}\r\n+3\r\nabc\r\n0\r\n\r\n`],
  ['a space behind a chunk size', `${POST}${CHUNKED}\r\n3 \r\nabc\r\n0\r\n\r\n`],
  ['an empty chunk size', `${POST}${CHUNKED}\r\n\r\nabc\r\n0\r\n\r\n`],
  ['a chunk size beyond 64 bits', `${POST}${CHUNKED}\r\nffffffffffffffff3\r\nabc\r\n0\r\n\r\n`],
  ['a bare LF behind a chunk size', `${POST}${CHUNKED}\r\n3\nabc\r\n0\r\n\r\n`],
  ['a bare LF behind a chunk', `${POST}${CHUNKED}\r\n3\r\nabc\n0\r\n\r\n`],
  ['a chunk longer than its size', `${POST}${CHUNKED}\r\n3\r\nabcd\r\n0\r\n\r\n`],
  ['a bare LF in a chunk extension', `${POST}${CHUNKED}\r\n3;a\nabc\r\n0\r\n\r\n${HIDDEN}`],
  ['a NUL in a chunk extension', `${POST}${CHUNKED}\r\n3;a\0b\r\nabc\r\n0\r\n\r\n`],
  ['20 KiB of chunk extensions', `${POST}${CHUNKED}\r\n3;${'a'.repeat(20_480)}\r\nabc\r\n0\r\n\r\n`],
  ['a Content-Length among the trailers', `${POST}${CHUNKED}\r\n0\r\nContent-Length: 5\r\n\r\n`],
  ['a malformed trailer', `${POST}${CHUNKED}\r\n0\r\nX A: 5\r\n\r\n`],
  // Sizes
  ['a target of 20 KiB', `GET /${'a'.repeat(20_480)} HTTP/1.1\r\n${HOST}\r\n`, 431],
  ['a field of 20 KiB', `${GET}X-A: ${'a'.repeat(20_480)}\r\n\r\n`, 431],
  ['a thousand fields of 20 bytes', `${GET}${'X-A: 12345678901234\r\n'.repeat(1000)}\r\n`, 431],
  ['20 KiB of trailers', `${POST}${CHUNKED}\r\n0\r\nX-A: ${'a'.repeat(20_480)}\r\n\r\n`, 431],
  // A request after a refused one: it is unknown whether it is one.
  ['two Hosts, and a request behind', `${GET}Host: y\r\n\r\n${HIDDEN}`],
  ['a foreign coding, and a request behind', `${POST}Transfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n${HIDDEN}`, 501],
  ['HTTP/2.0, and a request behind', `GET / HTTP/2.0\r\n${HOST}\r\n${HIDDEN}`],
  ['a tunnel, and a request in it', `CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n${HIDDEN}`, 405],
];

/** Served, and this is what the backend gets to see of it. */
const SERVED: readonly (readonly [claim: string, bytes: string, reached: readonly string[]])[] = [
  ['a method in lower case is a method of its own', `get / HTTP/1.1\r\n${HOST}\r\n`, ['get / HTTP/1.1']],
  [
    'the body of an unknown method is its body',
    `FOO / HTTP/1.1\r\n${HOST}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    ['FOO / HTTP/1.1'],
  ],
  [
    'a request in the body of a POST is its body',
    `${POST}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    ['POST / HTTP/1.1'],
  ],
  [
    'a request in the body of a GET is its body',
    `${GET}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    ['GET / HTTP/1.1'],
  ],
  [
    'a request in a chunk is its body',
    `${POST}${CHUNKED}\r\n${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
    ['POST / HTTP/1.1', 'GET /hidden HTTP/1.1 (as a chunk)'],
  ],
  [
    'a request behind an empty body is the next request',
    `${POST}Content-Length: 0\r\n\r\n${HIDDEN}`,
    ['POST / HTTP/1.1', 'GET /hidden HTTP/1.1'],
  ],
  ['Transfer_Encoding is a field like others', `${POST}Transfer_Encoding: chunked\r\n\r\n`, ['POST / HTTP/1.1']],
  ['spaces around chunked do not matter', `${POST}Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n`, ['POST / HTTP/1.1']],
  ['a tab in a value passes', `${GET}X-A: a\tb\r\n\r\n`, ['GET / HTTP/1.1']],
  ['bytes above ASCII in a value pass', `${GET}X-A: \xe9\r\n\r\n`, ['GET / HTTP/1.1']],
  ['HTTP/1.0 needs no Host', 'GET / HTTP/1.0\r\n\r\n', ['GET / HTTP/1.1']],
  ['empty lines before the request line are skipped', `\r\n\r\n${GET}\r\n`, ['GET / HTTP/1.1']],
  [
    'Connection cannot name what frames or routes',
    `${POST}Connection: Content-Length, Host, close\r\nContent-Length: 3\r\n\r\nabc`,
    ['POST / HTTP/1.1'],
  ],
];

let traffic: Traffic;
let backend: Awaited<ReturnType<typeof startRawBackend>>;

before(async () => {
  backend = await startRawBackend(rawResponse('ok'));
  traffic = await startTraffic(
    poolOf([backend.url], 'rate_limit: { enabled: false }\ncircuit_breaker: { enabled: false }'),
  );
});

after(async () => {
  await traffic.close();
  await backend.close();
});

/** Heads that the backend got since `from`, without what can only be the rest of a body that was broken off. */
function wholeRequests(from: number): string[] {
  return backend.requests.slice(from).filter((request) => !/^transfer-encoding: chunked\r$/im.test(request));
}

for (const [claim, bytes, status = 400] of REFUSED) {
  test(`${claim}: ${status}, closed, nothing of it reaches a backend`, async () => {
    const from = backend.requests.length;
    const answer = await new RawClient(traffic.port).send(bytes).closed();
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
    assert.equal(answer.match(/^HTTP\/1\.1 /gm)!.length, 1, answer);
    assert.match(answer, /\r\nconnection: close\r\n/i);
    assert.match(answer, /"error":"GW_[A-Z_]+"/);
    assert.deepEqual(wholeRequests(from), []);
  });
}

for (const [claim, bytes, reached] of SERVED) {
  test(claim, async () => {
    const from = backend.requests.length;
    const client = new RawClient(traffic.port).send(bytes);
    const answers = reached.filter((line) => !line.includes('chunk')).length;
    await client.until((received) => received.split('\r\n\r\nok').length > answers);
    client.destroy();
    const lines = backend.requests.slice(from).map((request) => request.split('\r\n', 1)[0]!);
    // The raw backend takes no chunks apart: what is in them shows up behind their sizes.
    const shown = lines.filter((line) => line.includes(' HTTP/'));
    assert.deepEqual(
      shown,
      reached.filter((line) => !line.includes('chunk')),
    );
  });
}

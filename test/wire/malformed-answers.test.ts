/** Backend output that is not an answer, or one that two recipients could read in two ways: 502, never passed on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';
import { upgradeRequest } from '../support/upgrade-backend.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const LENGTH = 'Content-Length: 2\r\n\r\nok';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const REFUSED: readonly (readonly [claim: string, bytes: string])[] = [
  ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['HTTP/1.2', `HTTP/1.2 200 OK\r\n${LENGTH}`],
  ['a status of two digits', `HTTP/1.1 20 OK\r\n${LENGTH}`],
  ['a status of four digits', `HTTP/1.1 2000 OK\r\n${LENGTH}`],
  ['a status that is no number', `HTTP/1.1 2x0 OK\r\n${LENGTH}`],
  ['a status below 100', `HTTP/1.1 099 OK\r\n${LENGTH}`],
  ['a status above 599', `HTTP/1.1 600 OK\r\n${LENGTH}`],
  ['a NUL in the reason', `HTTP/1.1 200 a\0b\r\n${LENGTH}`],
  ['a control character in the reason', `HTTP/1.1 200 a\x01b\r\n${LENGTH}`],
  ['a bare LF after the status line', `HTTP/1.1 200 OK\n${LENGTH}`],
  ['a bare LF after a field', `${OK}X-A: a\n${LENGTH}`],
  ['a bare LF at the end of the head', `${OK}Content-Length: 2\r\n\nok`],
  ['a bare CR in a value', `${OK}X-A: a\rb\r\n${LENGTH}`],
  ['a field that goes on in the next line', `${OK}X-A: a\r\n b\r\n${LENGTH}`],
  ['a NUL in a value', `${OK}X-A: a\0b\r\n${LENGTH}`],
  ['a control character in a value', `${OK}X-A: a\x01b\r\n${LENGTH}`],
  ['a space before the colon', `${OK}X-A : a\r\n${LENGTH}`],
  ['a space in a name', `${OK}X A: a\r\n${LENGTH}`],
  ['an empty name', `${OK}: a\r\n${LENGTH}`],
  ['both Transfer-Encoding and Content-Length', `${OK}${CHUNKED}Content-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
  ['both Content-Length and Transfer-Encoding', `${OK}Content-Length: 2\r\n${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`],
  ['two different lengths', `${OK}Content-Length: 3\r\n${LENGTH}`],
  ['the same length twice', `${OK}Content-Length: 2\r\n${LENGTH}`],
  ['a list of lengths', `${OK}Content-Length: 2, 2\r\n\r\nok`],
  ['a length with a plus', `${OK}Content-Length: +2\r\n\r\nok`],
  ['a negative length', `${OK}Content-Length: -2\r\n\r\nok`],
  ['a length that is no number', `${OK}Content-Length: 2x\r\n\r\nok`],
  ['a length beyond 64 bits', `${OK}Content-Length: 18446744073709551617\r\n\r\nok`],
  ['gzip, chunked', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
  ['chunked, gzip', `${OK}Transfer-Encoding: chunked, gzip\r\n\r\nok`],
  ['gzip to the end of the connection', `${OK}Transfer-Encoding: gzip\r\n\r\nok`],
  ['identity', `${OK}Transfer-Encoding: identity\r\n\r\nok`],
  ['chunked twice', `${OK}${CHUNKED}${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`],
  ['101 though nobody asked for an upgrade', 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nxxx'],
  ['a head of 20 KiB', `${OK}X-A: ${'a'.repeat(20_480)}\r\n${LENGTH}`],
];

const FAULTY = /^GW_BACKEND_(INVALID|RESET)$/;

for (const [claim, bytes] of REFUSED) {
  test(`an answer with ${claim} is 502, its connection is not used again`, async (t) => {
    const backend = await startRawBackend(Buffer.from(bytes, 'latin1'));
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url], 'retries: { attempts: 0 }'));
    t.after(() => traffic.close());
    const answer = await httpRequest(`${traffic.url}/`);
    assert.equal(answer.status, 502, answer.body);
    assert.match(String(answer.json()['error']), claim.startsWith('a head') ? /^GW_BACKEND_HEAD_TOO_LARGE$/ : FAULTY);
    assert.equal(traffic.tables.backends.failures(0), 1);
    assert.equal(traffic.tables.backends.inFlight(0), 0);
    await httpRequest(`${traffic.url}/`);
    assert.equal(backend.sockets.length, 2);
  });
}

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n';

for (const [claim, bytes] of [
  // A plain request's 101 is what an upgrade asks for.
  ...REFUSED.filter(([, answer]) => !answer.startsWith('HTTP/1.1 101 ')),
  ['101 and a NUL in a value', `${SWITCH}X-A: a\0b\r\n\r\n`],
  ['101 and a control character in the reason', SWITCH.replace('Switching', 'a\x01b') + '\r\n'],
  ['101 and a head of 20 KiB', `${SWITCH}X-A: ${'a'.repeat(20_480)}\r\n\r\n`],
] as const) {
  test(`an answer to an upgrade with ${claim} is 502, too`, async (t) => {
    const backend = await startRawBackend(Buffer.from(bytes, 'latin1'));
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url], 'retries: { attempts: 0 }'));
    t.after(() => traffic.close());
    const answer = await new RawClient(traffic.port).send(upgradeRequest()).closed();
    assert.match(answer, /^HTTP\/1\.1 502 .*"GW_BACKEND_(INVALID|RESET|HEAD_TOO_LARGE)"/s);
    assert.equal(traffic.tables.backends.failures(0), 1);
    assert.equal(traffic.tables.backends.inFlight(0), 0);
  });
}

for (const [claim, body] of [
  ['a chunk size that is no number', 'zz\r\nok\r\n0\r\n\r\n'],
  ['a chunk size beyond 64 bits', 'ffffffffffffffff2\r\nok\r\n0\r\n\r\n'],
  ['a chunk longer than its size', '2\r\noops\r\n0\r\n\r\n'],
  ['a bare LF behind a chunk size', '2\nok\r\n0\r\n\r\n'],
  ['a malformed trailer', '2\r\nok\r\n0\r\nX A: 1\r\n\r\n'],
  ['a Content-Length among the trailers', '2\r\nok\r\n0\r\nContent-Length: 7\r\n\r\n'],
] as const) {
  test(`an answer with ${claim} is cut, that to an upgrade, too`, async (t) => {
    const backend = await startRawBackend(`${OK}${CHUNKED}\r\n${body}`);
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url]));
    t.after(() => traffic.close());
    for (const [at, bytes] of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', upgradeRequest()].entries()) {
      const answer = await new RawClient(traffic.port).send(bytes).closed();
      assert.doesNotMatch(answer, /\r\n0\r\n\r\n$/);
      await eventually('it is a failure', () => traffic.tables.backends.failures(0) === at + 1);
    }
  });
}

test('a reason in other letters, or none, is no fault', async (t) => {
  for (const [sent, got] of [
    ['200 caf\xc3\xa9', '200 caf\xc3\xa9'],
    ['200 caf\xe9', '200 caf\xe9'],
    ['200', '200 '],
    ['200 a\tb', '200 a\tb'],
  ] as const) {
    const backend = await startRawBackend(Buffer.from(`HTTP/1.1 ${sent}\r\n${LENGTH}`, 'latin1'));
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url]));
    t.after(() => traffic.close());
    const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await client.until('ok');
    assert.ok(answer.startsWith(`HTTP/1.1 ${got}\r\n`), answer);
    client.destroy();
  }
});

test('how large a head may be is a key of the pool, for upgrades too, and the 502 says so', async (t) => {
  const answers = {
    GET: `${OK}X-A: ${'a'.repeat(30_000)}\r\n${LENGTH}`,
    101: `${SWITCH}X-A: ${'a'.repeat(30_000)}\r\n\r\n`,
  };
  const backend = await startRawBackend((request, socket) => {
    socket.write(/\r\nupgrade:/i.test(request) ? answers[101] : answers.GET);
  });
  t.after(() => backend.close());
  const requests = { GET: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 101: upgradeRequest() };
  const wide = await startTraffic(poolOf([backend.url], '    max_response_head_bytes: 65536'));
  t.after(() => wide.close());
  const narrow = await startTraffic(poolOf([backend.url], '    max_response_head_bytes: 20000'));
  t.after(() => narrow.close());
  for (const [request, status] of [
    [requests.GET, '200 OK'],
    [requests[101], '101 Switching Protocols'],
  ] as const) {
    const served = new RawClient(wide.port).send(request);
    assert.ok((await served.until('\r\n\r\n')).startsWith(`HTTP/1.1 ${status}\r\n`));
    served.destroy();
    const refused = new RawClient(narrow.port).send(request);
    assert.match(await refused.until('}'), /^HTTP\/1\.1 502 .*"GW_BACKEND_HEAD_TOO_LARGE".*max_response_head_bytes/s);
    refused.destroy();
  }
});

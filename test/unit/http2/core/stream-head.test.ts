import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamHead } from '../../../../src/http2/core/stream-head.ts';

const PSEUDO = [':method', 'GET', ':scheme', 'https', ':authority', 'a.example', ':path', '/b?c'];

test('pseudo-fields become method, target and Host, which comes first', () => {
  const { method, target, fields, fault } = streamHead([...PSEUDO, 'accept', '*/*'], true);
  assert.deepEqual(
    { method, target, fields, fault },
    { method: 'GET', target: '/b?c', fields: ['host', 'a.example', 'accept', '*/*'], fault: null },
  );
});

test('the size of a head is that of its text in HTTP/1.1', () => {
  const { bytes } = streamHead([...PSEUDO, 'cookie', 'a=1', 'cookie', 'b=2'], true);
  assert.equal(bytes, 'GET /b?c HTTP/1.1\r\nhost: a.example\r\ncookie: a=1; b=2\r\n'.length);
});

test('the crumbs of a cookie are joined where the first one is', () => {
  const { fields } = streamHead([...PSEUDO, 'cookie', 'a=1', 'x', 'y', 'cookie', 'b=2', 'cookie', 'c=3'], true);
  assert.deepEqual(fields, ['host', 'a.example', 'cookie', 'a=1; b=2; c=3', 'x', 'y']);
});

test('Host stands in for :authority, and may repeat it', () => {
  const without = [':method', 'GET', ':scheme', 'https', ':path', '/'];
  assert.deepEqual(streamHead([...without, 'host', 'a'], true).fields, ['host', 'a']);
  assert.equal(streamHead([...PSEUDO, 'host', 'a.example'], true).fault, null);
  assert.deepEqual(streamHead(without, true).fields, []);
});

test('OPTIONS may ask about the server as a whole, and CONNECT has neither scheme nor path', () => {
  assert.equal(
    streamHead([':method', 'OPTIONS', ':scheme', 'http', ':path', '*', ':authority', 'a'], true).fault,
    null,
  );
  const connect = streamHead([':method', 'CONNECT', ':authority', 'a:443'], false);
  assert.deepEqual([connect.method, connect.target, connect.fault], ['CONNECT', 'a:443', null]);
});

test('a body may be announced by its length, or not at all', () => {
  assert.equal(streamHead([...PSEUDO, 'content-length', '5'], false).fault, null);
  assert.equal(streamHead([...PSEUDO, 'content-length', '0'], true).fault, null);
  assert.equal(streamHead(PSEUDO, false).fault, null);
});

const FAULTS: readonly (readonly [claim: string, fields: readonly string[], fault: RegExp])[] = [
  ['another Host', [...PSEUDO, 'host', 'b.example'], /:authority and the Host field differ/],
  ['Host twice', [...PSEUDO, 'host', 'a.example', 'host', 'a.example'], /More than one Host/],
  ['a length without a body', [...PSEUDO, 'content-length', '5'], /announces a body/],
  ['a length that is no number', [...PSEUDO, 'content-length', '+5'], /not a number/],
  ['two lengths', [...PSEUDO, 'content-length', '0', 'content-length', '0'], /More than one Content-Length/],
  ['Transfer-Encoding', [...PSEUDO, 'transfer-encoding', 'chunked'], /no field transfer-encoding/],
  ['Connection', [...PSEUDO, 'connection', 'x'], /no field connection/],
  ['Keep-Alive', [...PSEUDO, 'keep-alive', '1'], /no field keep-alive/],
  ['Proxy-Connection', [...PSEUDO, 'proxy-connection', '1'], /no field proxy-connection/],
  ['Upgrade', [...PSEUDO, 'upgrade', 'websocket'], /no field upgrade/],
  ['a TE of its connection', [...PSEUDO, 'te', 'gzip, trailers'], /TE is trailers/],
  ['a name in capitals', [...PSEUDO, 'X-Upper', '1'], /name is malformed/],
  ['a name with a line end', [...PSEUDO, 'x\r\ny', '1'], /name is malformed/],
  ['an unknown pseudo-field', [...PSEUDO, ':protocol', 'websocket'], /name is malformed/],
  ['a value with a line end', [...PSEUDO, 'x', 'a\r\ntransfer-encoding: chunked'], /control character/],
  ['a value with NUL', [...PSEUDO, 'x\0', 'a\0b'], /field x\? has a control character/],
  ['no method', PSEUDO.slice(2), /:method/],
  ['a method with a space', [':method', 'GET /x', ...PSEUDO.slice(2)], /:method/],
  ['no scheme', [':method', 'GET', ':path', '/', ':authority', 'a'], /:scheme/],
  ['no path', [':method', 'GET', ':scheme', 'http', ':authority', 'a'], /:path/],
  ['a path with a space', [...PSEUDO.slice(0, 6), ':path', '/ HTTP/1.1'], /:path/],
  ['a URL as path', [...PSEUDO.slice(0, 6), ':path', 'http://evil/'], /:path/],
  ['* with GET', [...PSEUDO.slice(0, 6), ':path', '*'], /:path/],
];

for (const [claim, fields, fault] of FAULTS) {
  test(`a head with ${claim} is refused`, () => {
    assert.match(streamHead(fields, true).fault ?? '', fault);
  });
}

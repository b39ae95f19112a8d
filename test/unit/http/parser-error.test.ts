import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parserError } from '../../../src/http/parser-error.ts';

/** As Node says it of bytes in which the parser gave up at `bytesParsed`. */
const invalidMethod = (bytes: string, bytesParsed: number): string => {
  const rawPacket = Buffer.from(bytes, 'latin1');
  return parserError({ code: 'HPE_INVALID_METHOD', reason: 'Invalid method encountered', rawPacket, bytesParsed }).code;
};

for (const [bytes, bytesParsed] of [
  ['FOO / HTTP/1.1\r\n', 1],
  ['get / HTTP/1.1\r\n', 0],
  ['GETX / HTTP/1.1\r\n', 3],
  ["X-Y!#$%&'*+.^_`|~0 / HTTP/1.1\r\n", 0],
  // The rest is still to come.
  ['FO', 1],
  ['GET / HTTP/1.1\r\nHost: x\r\n\r\nFOO / HTTP/1.1\r\n', 28],
  ['\r\nFOO / HTTP/1.1\r\n', 3],
] as const) {
  test(`${JSON.stringify(bytes)} has a method that is not supported`, () => {
    assert.equal(invalidMethod(bytes, bytesParsed), 'GW_METHOD_NOT_SUPPORTED');
  });
}

for (const [bytes, bytesParsed] of [
  ['SSH-2.0-OpenSSH_9.2\r\n', 1],
  ['HEL\0LO / HTTP/1.1\r\n', 2],
  ['F(O) / HTTP/1.1\r\n', 1],
  ['caf\xe9 / HTTP/1.1\r\n', 0],
  [' / HTTP/1.1\r\n', 0],
  ['', 0],
  [`${'A'.repeat(65)} / HTTP/1.1\r\n`, 0],
] as const) {
  test(`${JSON.stringify(bytes)} is malformed: it does not begin with a method`, () => {
    assert.equal(invalidMethod(bytes, bytesParsed), 'GW_BAD_REQUEST');
  });
}

test('an unexpected PROXY protocol header is reported', () => {
  for (const header of ['PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n', 'PROXY UNKNOWN\r\n']) {
    const rawPacket = Buffer.from(header, 'latin1');
    const error = parserError({ code: 'HPE_INVALID_METHOD', reason: 'Expected space', rawPacket, bytesParsed: 4 });
    assert.deepEqual([error.code, error.message], ['GW_BAD_REQUEST', 'A PROXY protocol header is not expected here']);
  }
  assert.equal(invalidMethod('PROXY / HTTP/1.1\r\n', 4), 'GW_METHOD_NOT_SUPPORTED');
});

test('TLS on a port without TLS is reported', () => {
  const rawPacket = Buffer.from('\x16\x03\x01\x02\x00\x01', 'latin1');
  const error = parserError({
    code: 'HPE_INVALID_METHOD',
    reason: 'Invalid method encountered',
    rawPacket,
    bytesParsed: 0,
  });
  assert.deepEqual([error.code, error.message], ['GW_BAD_REQUEST', 'This port expects HTTP without TLS']);
});

test('the error is worded as by the parser, if that is meaningful', () => {
  const message = (code: string, reason?: string): string =>
    parserError(reason === undefined ? { code } : { code, reason }).message;
  assert.equal(
    message('HPE_INVALID_HEADER_TOKEN', 'Invalid header value char'),
    'The request is malformed: Invalid header value char',
  );
  assert.equal(
    message('HPE_INVALID_EOF_STATE', 'Invalid EOF state'),
    'The request is malformed: The connection ended before it did',
  );
  assert.equal(message('HPE_UNKNOWN'), 'The request is malformed');
});

test('a head that is too large is 431, one that takes too long 408', () => {
  assert.equal(parserError({ code: 'HPE_HEADER_OVERFLOW' }).code, 'GW_HEAD_TOO_LARGE');
  assert.equal(parserError({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }).code, 'GW_REQUEST_TIMEOUT');
});

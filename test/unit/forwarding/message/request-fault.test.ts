import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../../../src/errors.ts';
import { requestFault } from '../../../../src/forwarding/message/request-fault.ts';

/** As Node's parser passes it on: the first of Host and Content-Length, others joined. */
function codeOf(
  fields: readonly (readonly [string, string])[],
  httpVersion = '1.1',
  method = 'POST',
): string | undefined {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) headers[name.toLowerCase()] ??= value;
  return requestFault({ method, httpVersion, rawHeaders: fields.flat(), headers })?.code;
}

const HOST = ['Host', 'x'] as const;

test('an ordinary request has none', () => {
  assert.equal(codeOf([HOST]), undefined);
  assert.equal(codeOf([HOST, ['Content-Length', '3']]), undefined);
  assert.equal(codeOf([HOST, ['Transfer-Encoding', 'Chunked']]), undefined);
  assert.equal(codeOf([HOST, ['Expect', '100-Continue']]), undefined);
  assert.equal(codeOf([], '1.0'), undefined);
});

test('other versions than 1.1 and 1.0 are refused', () => {
  for (const version of ['0.9', '3.0', '1.2']) assert.equal(codeOf([HOST], version), 'GW_BAD_REQUEST');
});

test('what the engine of HTTP/2 found is the fault, and TRACE has no body in any version', () => {
  const request = { method: 'GET', httpVersion: '2.0', rawHeaders: ['host', 'x'], headers: { host: 'x' } };
  const found = new GatewayError('GW_HEAD_TOO_LARGE');
  assert.equal(requestFault({ ...request, fault: null }), undefined);
  assert.equal(requestFault({ ...request, fault: found }), found);
  assert.match(requestFault({ ...request, rawHeaders: [], headers: {} })!.message, /:authority/);
  assert.equal(requestFault({ ...request, method: 'TRACE', hasBody: false }), undefined);
  assert.equal(requestFault({ ...request, method: 'TRACE', hasBody: true })?.code, 'GW_BAD_REQUEST');
});

test('exactly one well-formed Host is asked for, in HTTP/1.0 at most one', () => {
  assert.equal(codeOf([]), 'GW_BAD_REQUEST');
  assert.equal(codeOf([HOST, ['hOST', 'x']]), 'GW_BAD_REQUEST');
  assert.equal(codeOf([HOST, HOST], '1.0'), 'GW_BAD_REQUEST');
  assert.equal(codeOf([['Host', '']]), 'GW_BAD_REQUEST');
  assert.equal(codeOf([['Host', 'a/b']]), 'GW_BAD_REQUEST');
});

test('no other transfer coding than chunked is known, and none to HTTP/1.0', () => {
  assert.equal(codeOf([HOST, ['Transfer-Encoding', 'gzip, chunked']]), 'GW_CODING_NOT_SUPPORTED');
  assert.equal(codeOf([HOST, ['Transfer-Encoding', 'chunked']], '1.0'), 'GW_BAD_REQUEST');
});

test('a length that no number holds exactly is refused', () => {
  assert.equal(codeOf([HOST, ['Content-Length', '9007199254740991']]), undefined);
  assert.equal(codeOf([HOST, ['Content-Length', '9007199254740992']]), 'GW_BODY_TOO_LARGE');
});

test('an unknown expectation is refused, in HTTP/1.0 ignored', () => {
  assert.equal(codeOf([HOST, ['Expect', '200-ok']]), 'GW_EXPECTATION_FAILED');
  assert.equal(codeOf([HOST, ['Expect', '200-ok']], '1.0'), undefined);
});

test('TRACE has no body', () => {
  assert.equal(codeOf([HOST, ['Content-Length', '3']], '1.1', 'TRACE'), 'GW_BAD_REQUEST');
  assert.equal(codeOf([HOST, ['Content-Length', '0']], '1.1', 'TRACE'), undefined);
});

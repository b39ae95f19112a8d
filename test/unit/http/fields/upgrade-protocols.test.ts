import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passedProtocols } from '../../../../src/http/fields/upgrade-protocols.ts';

const of = (headers: Record<string, string>, httpVersion = '1.1'): string | undefined =>
  passedProtocols({ headers, httpVersion });

test('WebSockets and unknown protocols are passed on under their names', () => {
  assert.equal(of({ upgrade: 'websocket' }), 'websocket');
  assert.equal(of({ upgrade: 'WebSocket' }), 'WebSocket');
  assert.equal(of({ upgrade: 'tcp', 'content-length': '0' }), 'tcp');
  assert.equal(of({ upgrade: 'a/1 ,b' }), 'a/1, b');
});

test('HTTP itself and TLS are never passed on: their requests would pass unseen', () => {
  for (const upgrade of ['h2c', 'H2C', 'h2', 'HTTP/2.0', 'TLS/1.2', 'h2c, TLS/1.0', '', ' ,']) {
    assert.equal(of({ upgrade }), undefined, upgrade);
  }
  assert.equal(of({ upgrade: 'h2c, websocket' }), 'websocket');
});

test('an upgrade with a body, or of HTTP/1.0, is none', () => {
  assert.equal(of({ upgrade: 'websocket', 'content-length': '3' }), undefined);
  assert.equal(of({ upgrade: 'websocket', 'transfer-encoding': 'chunked' }), undefined);
  assert.equal(of({ upgrade: 'websocket' }, '1.0'), undefined);
  assert.equal(of({}), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownAnswer } from '../../../../src/forwarding/message/own-answer.ts';
import type { OwnAnswer } from '../../../../src/http/own-answer-parts.ts';

function answer(method: string, target: string, fields: readonly (readonly [string, string])[]): OwnAnswer | undefined {
  const headers = Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
  return ownAnswer({ method, rawHeaders: fields.flat(), headers }, target);
}

test('a trace that ends here shows what came, but no secrets', () => {
  const { status, fields, body } = answer('TRACE', '/a', [
    ['Host', 'x'],
    ['Max-Forwards', '0'],
    ['Cookie', 'a=1'],
    ['Authorization', 'Basic eA=='],
    ['X-API-Key', 'k'],
  ])!;
  assert.equal(status, 200);
  assert.equal(fields['content-type'], 'message/http');
  assert.equal(body, 'TRACE /a HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n');
});

test('options of the server, or with no hop left, are those of the gateway', () => {
  assert.equal(answer('OPTIONS', '*', [])!.status, 204);
  assert.equal(answer('OPTIONS', '*', [['Max-Forwards', '3']])!.status, 204);
  assert.equal(answer('OPTIONS', '/a', [['Max-Forwards', '0']])!.status, 204);
});

test('everything else is the backend’s to answer', () => {
  assert.equal(answer('OPTIONS', '/a', []), undefined);
  assert.equal(answer('OPTIONS', '/a', [['Max-Forwards', '1']]), undefined);
  assert.equal(answer('TRACE', '/a', []), undefined);
  assert.equal(answer('GET', '/a', [['Max-Forwards', '0']]), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRequestId, requestIdSource } from '../../../src/http/request-id.ts';

test('visible ASCII of 1 to 128 characters is a request id', () => {
  assert.equal(isRequestId('a'), true);
  assert.equal(isRequestId('!~/:;"'), true);
  assert.equal(isRequestId('x'.repeat(128)), true);
});

for (const [text, why] of [
  ['', 'empty'],
  ['x'.repeat(129), '129 characters'],
  ['a b', 'a space'],
  ['a\n', 'a line break'],
  ['a\r\nset-cookie: x=1', 'another header field'],
  ['a\u0000', 'a NUL'],
  ['é', 'not ASCII'],
  [undefined, 'no field'],
  [['a'], 'a list'],
] as const) {
  test(`a value that is ${why} is not a request id`, () => assert.equal(isRequestId(text), false));
}

test('ids of one source differ, and those of sources with other prefixes too', () => {
  const one = requestIdSource('a');
  const two = requestIdSource('b');
  const ids = new Set(Array.from({ length: 1000 }, () => [one(), two()]).flat());
  assert.equal(ids.size, 2000);
  for (const id of ids) assert.equal(isRequestId(id), true);
});

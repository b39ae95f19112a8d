import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestId } from '../../../src/http/request-id.ts';

test('an offered id of 1..128 visible characters is kept', () => {
  for (const id of ['a', 'trace-1/2~!', 'x'.repeat(128)]) assert.equal(requestId(id), id);
});

test('anything else is replaced by a new id', () => {
  for (const id of ['', ' ', 'a b', 'a\nb', 'ä', 'x'.repeat(129), undefined, ['a']]) {
    assert.match(requestId(id), /^[0-9a-f-]{36}$/);
  }
  assert.notEqual(requestId(undefined), requestId(undefined));
});

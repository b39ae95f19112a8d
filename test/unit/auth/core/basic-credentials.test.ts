import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basicToken, parseBasic } from '../../../../src/auth/core/basic-credentials.ts';

test('the scheme is recognized in any case, and no other is', () => {
  assert.equal(basicToken('Basic YTpi'), 'YTpi');
  assert.equal(basicToken('bASIC  YTpi '), 'YTpi');
  for (const field of [undefined, '', 'Basic', 'Bearer YTpi', 'Basic YTpi, Bearer x', 'Basic a b', 'BasicYTpi']) {
    assert.equal(basicToken(field), undefined, field);
  }
});

test('a password may contain colons, a name may not', () => {
  assert.deepEqual(parseBasic('alice:a:b'), { name: 'alice', password: 'a:b' });
  assert.deepEqual(parseBasic(':'), { name: '', password: '' });
});

test('without a colon, or with a control character, it is malformed', () => {
  for (const text of ['alice', '', 'alice:a\0', 'ali\nce:a']) assert.equal(parseBasic(text), undefined);
});

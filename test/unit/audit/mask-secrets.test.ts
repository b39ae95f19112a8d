import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskSecrets } from '../../../src/audit/mask-secrets.ts';

test('values under the name of a secret are masked, however deep', () => {
  const value = {
    api_key: 'slk_x',
    'x-api-key': 'x',
    inner: [{ hash: 'sha256:x', token: 1, password: ['x'], admin_token: 'x', secret: { a: 'x' }, Authorization: 'x' }],
  };
  assert.doesNotMatch(JSON.stringify(maskSecrets(value)), /"x"|slk|sha256|:1/);
});

test('similar names stay: whether there is a key, how many tokens, no value', () => {
  const value = { has_api_key: true, tokens: 3, token: null, secret: false, name: 'token', keys: ['a'], hash: null };
  assert.deepEqual(maskSecrets(value), value);
});

test('passwords in URLs are masked, the rest of the URL stays', () => {
  assert.equal(maskSecrets('postgres://u:hunter2@h:5432/d'), 'postgres://***@h:5432/d');
  assert.equal(maskSecrets('http://h/?a=1&api_key=hunter2&b=2#c'), 'http://h/?a=1&api_key=***&b=2#c');
  assert.equal(maskSecrets('see //a@b.example'), 'see //***@b.example');
});

test('a NUL, which the database cannot keep, is replaced; what was given is not changed', () => {
  const given = { a: 'x\0y' };
  assert.deepEqual(maskSecrets(given), { a: 'x\uFFFDy' });
  assert.deepEqual(given, { a: 'x\0y' });
});

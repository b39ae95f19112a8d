import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretNames } from '../../../../src/recording/core/secret-names.ts';

const secrets = new SecretNames(['X-Our-Own']);

for (const name of [
  'Authorization',
  'Proxy-Authorization',
  'Cookie',
  'Set-Cookie',
  'X-Api-Key',
  'x_api_key',
  'apikey',
  'apiKey',
  'X-Auth-Token',
  'access_token',
  'accessToken',
  'accesstoken',
  'client_secret',
  'clientSecret',
  'user[password]',
  'PASSWD',
  'sig',
  'X-Amz-Signature',
  'JSESSIONID-session',
  'X-CSRF-Token',
  'key',
  'x-our-own',
])
  test(`${name} is secret`, () => assert.equal(secrets.has(name), true));

for (const name of [
  'Accept',
  'User-Agent',
  'X-Request-Id',
  'Content-Type',
  'monkey',
  'keyboard',
  'author',
  'passenger',
  'design',
  'assignee',
  'x-our',
  '',
])
  test(`'${name}' is not secret`, () => assert.equal(secrets.has(name), false));

test('in JSON, what reveals nothing is shown: counts, true, false and null', () => {
  const hides = (name: string, value: unknown): boolean => secrets.hidesField(name, value);
  assert.deepEqual(
    [hides('token', 'a'), hides('token', 5), hides('pin', 1234), hides('keys', ['a'])],
    Array(4).fill(true),
  );
  assert.deepEqual(
    [hides('token', null), hides('has_token', true), hides('total_tokens', 5), hides('name', 'a')],
    Array(4).fill(false),
  );
});

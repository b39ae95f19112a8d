import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { loadText } from '../../../src/config/load.ts';
import { HIDDEN, toFile } from '../../../src/config/to-file.ts';
import { POOL } from '../../support/config-problems.ts';

const flags = { threads: '2' };
const sample = readFileSync(new URL('../../../sluice.example.yaml', import.meta.url), 'utf8');

test('settings shown as a file are that file: read again, they are the same', () => {
  const settings = loadText(sample, 'sluice.example.yaml', {}, flags);
  assert.deepEqual(loadText(JSON.stringify(toFile(settings)), 'shown.json', {}, {}), settings);
});

test('secrets are hidden, wherever they came from', () => {
  const env = { DATABASE_URL: 'postgres://a:s3cret@b/c', SLUICE_ADMIN_TOKEN: 's3cret-s3cret-s3cret' };
  const shown = toFile(loadText(sample, 'sluice.example.yaml', env, flags));
  assert.equal((shown['admin'] as { token: string }).token, HIDDEN);
  assert.equal((shown['database'] as { url: string }).url, HIDDEN);
  assert.doesNotMatch(JSON.stringify(shown), /s3cret/);
});

test('the secret of sticky cookies is hidden, its id is not', () => {
  const keys = `[{ id: k1, secret: ${'s3cret'.repeat(6)} }]`;
  const text = `pools: { a: { sticky: { keys: ${keys} }, backends: [{ url: http://b }] } }`;
  const { pools } = toFile(loadText(text, 'c.yaml', {}, flags)) as { pools: { a: { sticky: { keys: unknown } } } };
  assert.deepEqual(pools.a.sticky.keys, [{ id: 'k1', secret: HIDDEN }]);
});

test('names of fields and cookies that decide a split are shown as they are', () => {
  const split = [{ pool: 'default', weight: 1, header: { X_Canary: '1' }, cookie: { canaryMs: '1' } }];
  const text = JSON.stringify({ pools: { default: { backends: [{ url: 'http://b' }] } }, routes: [{ split }] });
  const { routes } = toFile(loadText(text, 'c.json', {}, flags)) as { routes: [{ split: unknown }] };
  assert.deepEqual(routes[0].split, split);
});

test('hashes of passwords are not shown', () => {
  const hash = `scrypt:15:8:3:${'A'.repeat(22)}:${'B'.repeat(43)}`;
  const text = `${POOL}routes: [{ pool: default, auth: { basic: { users: [{ name: alice, hash: "${hash}" }] } } }]`;
  const shown = JSON.stringify(toFile(loadText(text, 'c.yaml', {}, {})));
  assert.match(shown, /"name":"alice","hash":"\*\*\*"/);
  assert.doesNotMatch(shown, /scrypt/);
});

test('secrets of tokens are not shown, and names of fields with claims are as they were', () => {
  const secret = 'x'.repeat(32);
  const jwt = `jwt: { secret: ${secret}, forward_claims: { X-User_Ms: sub } }`;
  const shown = JSON.stringify(
    toFile(loadText(`${POOL}routes: [{ pool: default, auth: { ${jwt} } }]`, 'c.yaml', {}, {})),
  );
  assert.match(shown, /"secret":"\*\*\*"/);
  assert.match(shown, /"forward_claims":\{"X-User_Ms":"sub"\}/);
  assert.doesNotMatch(shown, /xxxx/);
});

/** What a thread says of credentials: as far as it can be said without asking, fetching or counting. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { hashPassword } from '../../../src/auth/password.ts';
import { createApiKey, hashApiKey } from '../../../src/identity/api-key.ts';
import { deciderOf, foresee } from '../../support/foreseen.ts';
import { type PolicyWorld, startPolicyWorld } from '../../support/policy-world.ts';
import { createIssuer, ISSUER } from '../../support/token-issuer.ts';

/** Outcome, text and error of the step. */
async function authOf(world: PolicyWorld, headers: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const explained = await foresee(world, '/', { headers });
  const { outcome, text, error } = explained.steps.find(({ step }) => step === 'auth')!;
  // A request that passes, or may, goes on to a backend.
  assert.equal(deciderOf(explained)?.step, outcome === 'answers' ? 'auth' : 'backends');
  return [outcome, text, error];
}

test('an API key is known or not, and none is said to be missing', async (t) => {
  const world = await startPolicyWorld(t, '- { path_prefix: /, pool: default, auth: { api_key: required } }');
  const key = createApiKey();
  world.thread.handle({
    type: 'clients',
    id: 1,
    changes: [{ op: 'put', kind: 'id', key: 'shop', apiKeyHash: hashApiKey(key) }],
  });
  assert.deepEqual(await authOf(world, { 'x-api-key': key }), ['passes', 'api_key: the API key of shop', null]);
  assert.equal((await foresee(world, '/', { headers: { 'x-api-key': key } })).bucket, 'id:shop');
  assert.deepEqual(await authOf(world, { 'x-api-key': 'other' }), [
    'answers',
    'api_key: the API key is not known',
    'GW_AUTH_INVALID',
  ]);
  assert.deepEqual(await authOf(world, {}), [
    'answers',
    'it has no credentials; the route accepts api_key',
    'GW_AUTH_REQUIRED',
  ]);
});

test('a password is right or wrong, guesses are limited, and none of them counts against a caller', async (t) => {
  const hash = await hashPassword('secret', { logN: 14, r: 8, p: 1 });
  const world = await startPolicyWorld(
    t,
    `- { path_prefix: /, pool: default, auth: { basic: { users: [{ name: alice, hash: "${hash}" }] } } }`,
  );
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  assert.deepEqual(await authOf(world, basic('alice:secret')), ['passes', 'basic: the password of alice', null]);
  for (let guess = 0; guess < 10; guess += 1) {
    assert.deepEqual(await authOf(world, basic(`alice:${guess}`)), [
      'answers',
      'basic: the name or the password is wrong',
      'GW_AUTH_INVALID',
    ]);
  }
  assert.deepEqual(await authOf(world, basic('alice:secret')), [
    'unknown',
    'basic: too many wrong passwords were explained; try again later',
    null,
  ]);
  const [name, value] = Object.entries(basic('alice:secret'))[0]!;
  assert.match(await world.ask('/', [`${name}: ${value}`]), /^HTTP\/1\.1 200 /);
  // A real one has verified it.
  assert.equal((await authOf(world, basic('alice:secret')))[0], 'passes');
});

test('a token is judged by the keys that are there, and no key is fetched', async (t) => {
  const url = 'https://id.test/jwks';
  const world = await startPolicyWorld(
    t,
    `- { path_prefix: /, pool: default, auth: { jwt: { issuer: "${ISSUER}", audience: [api], jwks_url: "${url}" } } }`,
  );
  const [issuer, stranger] = await Promise.all([createIssuer(), createIssuer('ES256', 'k2')]);
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const token = await issuer.token();
  assert.deepEqual(await authOf(world, bearer(token)), [
    'unknown',
    'jwt: the keys that verify its token are fetched for a real request',
    null,
  ]);
  world.thread.handle({
    type: 'keys',
    id: 1,
    sets: [{ source: `url ${url}`, keys: [issuer.jwk as { kty: string }] }],
  });
  const [outcome, text] = await authOf(world, bearer(token));
  assert.deepEqual([outcome, text], ['passes', 'jwt: a valid token of alice']);
  const expired = await issuer.token({ exp: 1000 });
  assert.deepEqual(await authOf(world, bearer(expired)), ['answers', 'jwt: The token has expired', 'GW_AUTH_INVALID']);
  assert.deepEqual(await authOf(world, bearer('a.b')), ['answers', 'jwt: The token is malformed', 'GW_AUTH_INVALID']);
  assert.deepEqual(await authOf(world, bearer(await stranger.token())), [
    'unknown',
    'jwt: no fetched key fits its token; for a real request, they are fetched again',
    null,
  ]);
  assert.deepEqual(
    world.messages.filter(({ type }) => type === 'keys_missed'),
    [],
  );
});

test('an authorization service is not asked, and a decision that is remembered is shown', async (t) => {
  let asked = 0;
  const service = createServer((_request, response) => {
    asked += 1;
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  t.after(() => {
    service.closeAllConnections();
    service.close();
  });
  await once(service, 'listening');
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
  const world = await startPolicyWorld(
    t,
    `- { path_prefix: /, pool: default, auth: { forward: { url: "${url}", cache: 60s, cache_by: [] } } }`,
  );
  const headers = { authorization: 'Bearer x' };
  const unknown = ['unknown', 'forward: the authorization service is asked for a real request', null];
  assert.deepEqual(await authOf(world, headers), unknown);
  assert.match(await world.ask('/', ['Authorization: Bearer x']), /^HTTP\/1\.1 200 /);
  assert.deepEqual(await authOf(world, headers), [
    'passes',
    'forward: the authorization service let the same credentials pass, which is remembered',
    null,
  ]);
  assert.deepEqual(await authOf(world, { authorization: 'Bearer y' }), unknown);
  assert.equal(asked, 1);
});

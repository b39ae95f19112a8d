import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccessToken, hashAccessToken, principalCheck } from '../../../src/admin-access/access-token.ts';

const DEPLOY = { name: 'deploy', role: 'operator', hash: hashAccessToken('deploy-token') } as const;
const WATCH = { name: 'watch', role: 'viewer', hash: hashAccessToken('watch-token') } as const;

test('a generated token has 256 bits, a recognizable form, and is never generated twice', () => {
  const token = createAccessToken();
  assert.match(token, /^slt_[A-Za-z0-9_-]{43}$/);
  assert.notEqual(createAccessToken(), token);
});

test('the hash is the SHA-256 of the token', () => {
  assert.equal(hashAccessToken('abc'), 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('each token is accepted as its owner, and only the exact token', () => {
  const principalOf = principalCheck({ token: 'secret', tokens: [DEPLOY, WATCH] });
  assert.deepEqual(principalOf('secret'), { name: 'admin', role: 'admin' });
  assert.deepEqual(principalOf('deploy-token'), { name: 'deploy', role: 'operator' });
  assert.deepEqual(principalOf('watch-token'), { name: 'watch', role: 'viewer' });
  for (const wrong of ['Secret', 'secre', 'secret ', '', DEPLOY.hash])
    assert.equal(principalOf(wrong), undefined, wrong);
});

test('without admin.token, an empty one identifies nobody', () => {
  assert.equal(principalCheck({ token: null, tokens: [DEPLOY] })(''), undefined);
});

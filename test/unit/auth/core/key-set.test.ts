import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoveryUrl, keysUrlIn, publicKeysIn, refreshMs } from '../../../../src/auth/core/key-set.ts';

function faultOf(result: unknown): string {
  assert.ok(typeof result === 'string');
  return result;
}

test('of a set, public keys for signatures are used, without private members', () => {
  const keys = publicKeysIn({
    keys: [
      { kty: 'RSA', n: 'n', e: 'AQAB', d: 'private', p: 'p', q: 'q', dp: 'x', dq: 'x', qi: 'x' },
      { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', use: 'enc' },
      { kty: 'OKP', crv: 'Ed25519', x: 'x', d: 'private', use: 'sig' },
      { kty: 'oct', k: 'secret' },
      null,
      'text',
    ],
  });
  assert.deepEqual(keys, [
    { kty: 'RSA', n: 'n', e: 'AQAB' },
    { kty: 'OKP', crv: 'Ed25519', x: 'x', use: 'sig' },
  ]);
});

test('what is no set of keys is refused with a reason', () => {
  for (const value of [null, [], 'keys', {}, { keys: {} }]) assert.match(faultOf(publicKeysIn(value)), /^it is no set/);
  assert.match(faultOf(publicKeysIn({ keys: [{ kty: 'oct', k: 'secret' }] })), /no public key/);
  const many = Array.from({ length: 101 }, () => ({ kty: 'EC' }));
  assert.match(faultOf(publicKeysIn({ keys: many })), /more than 100 keys/);
});

test('keys are fetched again when Cache-Control says so, between a minute and an hour', () => {
  assert.equal(refreshMs(null), 600_000);
  assert.equal(refreshMs('no-store'), 600_000);
  assert.equal(refreshMs('public, max-age=300'), 300_000);
  assert.equal(refreshMs('max-age=0'), 60_000);
  assert.equal(refreshMs('Max-Age="999999999"'), 3_600_000);
  assert.equal(refreshMs('s-max-age=300'), 600_000);
});

test('an issuer says where its keys are, and only its own', () => {
  const issuer = 'https://id.test/tenant/';
  assert.equal(discoveryUrl(issuer), 'https://id.test/tenant/.well-known/openid-configuration');
  assert.deepEqual(keysUrlIn({ issuer, jwks_uri: 'https://keys.test/' }, issuer), { url: 'https://keys.test/' });
  assert.match(
    faultOf(keysUrlIn({ issuer: 'https://evil.test', jwks_uri: 'https://keys.test/' }, issuer)),
    /another issuer/,
  );
  for (const uri of ['http://keys.test/', 'file:///etc/passwd', 'https://', '/keys']) {
    assert.match(faultOf(keysUrlIn({ issuer, jwks_uri: uri }, issuer)), /no https:\/\/ URL/, uri);
  }
  assert.match(faultOf(keysUrlIn({ issuer }, issuer)), /no jwks_uri/);
  assert.match(faultOf(keysUrlIn('text', issuer)), /not an object/);
  const plain = 'http://127.0.0.1:9000';
  assert.deepEqual(keysUrlIn({ issuer: plain, jwks_uri: `${plain}/k` }, plain), { url: `${plain}/k` });
});

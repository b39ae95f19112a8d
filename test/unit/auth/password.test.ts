import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePasswordHash } from '../../../src/auth/core/password-hash.ts';
import { hashPassword, isPassword } from '../../../src/auth/password.ts';

const CHEAP = { logN: 14, r: 8, p: 1 };

test('a password has its hash, and no other password has', async () => {
  const text = await hashPassword('s3cret é', CHEAP);
  const hash = parsePasswordHash(text)!;
  assert.equal(await isPassword('s3cret é', hash), true);
  // The same text with a combining accent.
  assert.equal(await isPassword('s3cret e\u0301', hash), true);
  assert.equal(await isPassword('s3cret e', hash), false);
  assert.equal(await isPassword('', hash), false);
});

test('two hashes of a password differ', async () => {
  assert.notEqual(await hashPassword('a', CHEAP), await hashPassword('a', CHEAP));
});

test('a hash that is too cheap or too costly is none', () => {
  const rest = `${'A'.repeat(22)}:${'B'.repeat(43)}`;
  assert.deepEqual(parsePasswordHash(`scrypt:15:8:3:${rest}`), {
    logN: 15,
    r: 8,
    p: 3,
    salt: 'A'.repeat(22),
    hash: 'B'.repeat(43),
  });
  for (const cost of ['13:8:1', '18:8:1', '15:8:0', '15:8:11', '15:16:1', '15:8:3:']) {
    assert.equal(parsePasswordHash(`scrypt:${cost}:${rest}`), undefined, cost);
  }
});

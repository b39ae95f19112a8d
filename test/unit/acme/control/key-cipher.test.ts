import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyCipher } from '../../../../src/acme/control/key-cipher.ts';

const cipher = new KeyCipher(new Uint8Array(32).fill(1));
const SECRET = 'a private key';

test('what was encrypted can be decrypted, and looks different each time', () => {
  const [one, other] = [cipher.encrypt(SECRET, 'a'), cipher.encrypt(SECRET, 'a')];
  assert.notEqual(one, other);
  for (const stored of [one, other]) {
    assert.equal(cipher.decrypt(stored, 'a'), SECRET);
    assert.ok(!Buffer.from(stored.split('.').at(-1)!, 'base64url').toString().includes('private'));
  }
});

test('it cannot be moved to another owner, and no bit of it changed', () => {
  const stored = cipher.encrypt(SECRET, 'a');
  assert.throws(() => cipher.decrypt(stored, 'b'), { message: /damaged, or belongs to something else/ });
  const parts = stored.split('.');
  for (const at of [2, 3, 4]) {
    const bytes = Buffer.from(parts[at]!, 'base64url');
    bytes[0]! ^= 1;
    const changed = parts.with(at, bytes.toString('base64url')).join('.');
    assert.throws(() => cipher.decrypt(changed, 'a'), { message: /damaged/ });
  }
});

test('another key and another format are distinguished from damage', () => {
  const other = new KeyCipher(new Uint8Array(32).fill(2));
  assert.throws(() => other.decrypt(cipher.encrypt(SECRET, 'a'), 'a'), { message: /with another key: set the tls/ });
  for (const text of ['', 'v2.a.b.c.d', 'v1.a.b']) {
    assert.throws(() => cipher.decrypt(text, 'a'), { message: 'the stored private key has an unknown format' });
  }
});

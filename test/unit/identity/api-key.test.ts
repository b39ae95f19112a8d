import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createApiKey, hashApiKey } from '../../../src/identity/api-key.ts';

describe('an API key', () => {
  it('is another one every time, with 32 random bytes', () => {
    const keys = new Set(Array.from({ length: 100 }, createApiKey));
    assert.equal(keys.size, 100);
    for (const key of keys) {
      assert.match(key, /^slk_/);
      assert.equal(Buffer.from(key.slice(4), 'base64url').length, 32);
    }
  });

  it('is stored as its SHA-256 in hex', () => {
    // printf 'slk_test' | sha256sum
    assert.equal(hashApiKey('slk_test'), '34207d1a9c32cd0acb47b1f1d0e232f6b9f9049bb44e589e15ca2572153737e1');
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeHighBytes } from '../../../src/http/high-bytes.ts';

test('every byte above 0x7f is escaped, no other', () => {
  const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
  const escaped = escapeHighBytes(all, '%');
  assert.equal(escaped.slice(0, 128), all.slice(0, 128));
  assert.equal(
    escaped.slice(128),
    Array.from({ length: 128 }, (_, at) => `%${(0x80 + at).toString(16).toUpperCase()}`).join(''),
  );
  assert.equal(escapeHighBytes('/caf\xc3\xa9/\x80x\xff', '\\x'), '/caf\\xC3\\xA9/\\x80x\\xFF');
  assert.equal(escapeHighBytes('', '%'), '');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalHostName, canonicalHostPattern } from '../../../src/net/host-name.ts';

for (const [text, canonical] of [
  ['shop.example.com', 'shop.example.com'],
  ['Shop.Example.COM', 'shop.example.com'],
  ['shop.example.com.', 'shop.example.com'],
  ['localhost', 'localhost'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example.', 'xn--bcher-kva.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['192.0.2.1', '192.0.2.1'],
  ['2001:DB8:0::1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
] as const) {
  test(`the canonical form of ${text} is ${canonical}`, () => assert.equal(canonicalHostName(text), canonical));
}

for (const text of [
  '',
  '.',
  'a..b',
  '-a.example',
  'a b',
  'a:80',
  'a/b',
  '256.0.0.1',
  '1.2.3',
  '*.example.com',
  'ü/@b',
  'a\0b',
  `${'a'.repeat(64)}.example`,
  Array.from({ length: 64 }, () => 'abc').join('.'),
]) {
  test(`${JSON.stringify(text)} is no host name`, () => assert.equal(canonicalHostName(text), undefined));
}

test('a pattern may begin with a wildcard for its first label, and with no other', () => {
  assert.equal(canonicalHostPattern('*.Example.com.'), '*.example.com');
  assert.equal(canonicalHostPattern('*.bücher.example'), '*.xn--bcher-kva.example');
  for (const text of ['*', '*.', 'a*.example.com', 'a.*.com', '*.*.com', '*.192.0.2.1', '*.[::1]']) {
    assert.equal(canonicalHostPattern(text), undefined, text);
  }
});

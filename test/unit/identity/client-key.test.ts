import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientKey, isClientId } from '../../../src/identity/client-key.ts';

const rows: readonly (readonly [text: string, kind: string, key: string])[] = [
  ['127.0.0.1', 'ip', '127.0.0.1'],
  ['127.0.0.1/32', 'ip', '127.0.0.1'],
  ['::ffff:127.0.0.1', 'ip', '127.0.0.1'],
  ['127.9.9.9/8', 'cidr', '127.0.0.0/8'],
  ['0.0.0.0/0', 'cidr', '0.0.0.0/0'],
  ['2001:DB8::1', 'ip', '2001:db8::1'],
  ['2001:db8::1/128', 'ip', '2001:db8::1'],
  ['2001:db8::1/64', 'cidr', '2001:db8::/64'],
  ['user1', 'id', 'user1'],
  ['010.0.0.1', 'id', '010.0.0.1'],
  ['a/b', 'id', 'a/b'],
  ['~', 'id', '~'],
];

describe('the key of a client', () => {
  for (const [text, kind, key] of rows) {
    it(`of ${text} is ${kind} ${key}`, () => assert.deepEqual(clientKey(text), { kind, key }));
  }

  it('is no text that is empty, too long, or not visible ASCII', () => {
    for (const text of ['', ' ', 'a b', 'ä', '\u0000', '\u007f', 'x'.repeat(129), '.', '..']) {
      assert.equal(clientKey(text), undefined, text);
    }
    assert.equal(clientKey('x'.repeat(128))?.kind, 'id');
  });

  it('of an address is never a client id', () => {
    for (const text of ['1.2.3.4', '1.2.3.4/9', '::', '::/0']) assert.equal(isClientId(text), false, text);
  });
});

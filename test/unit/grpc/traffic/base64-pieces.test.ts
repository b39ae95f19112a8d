import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Base64Decoder, Base64Encoder } from '../../../../src/grpc/traffic/base64-pieces.ts';

const BYTES = Buffer.from(Array.from({ length: 100 }, (_, at) => (at * 7) % 256));

test('bytes in pieces of any length are one text', () => {
  for (let size = 1; size <= BYTES.length; size += 1) {
    const encoder = new Base64Encoder();
    let text = '';
    for (let at = 0; at < BYTES.length; at += size) text += encoder.encode(BYTES.subarray(at, at + size)).toString();
    assert.equal(text + encoder.end().toString(), BYTES.toString('base64'), String(size));
  }
});

test('a text in pieces of any length, or several with their padding, is the bytes', () => {
  for (const text of [BYTES.toString('base64'), [1, 3, 5, 91].map(part).join('')]) {
    for (let size = 1; size <= text.length; size += 1) {
      const decoder = new Base64Decoder();
      const pieces: Buffer[] = [];
      for (let at = 0; at < text.length; at += size)
        pieces.push(decoder.decode(Buffer.from(text.slice(at, at + size)))!);
      assert.deepEqual(Buffer.concat(pieces), BYTES, String(size));
      assert.equal(decoder.isWhole, true);
    }
  }
});

let taken = 0;
function part(bytes: number): string {
  taken += bytes;
  return BYTES.toString('base64', taken - bytes, taken);
}

test('line ends are ignored', () => {
  assert.equal(new Base64Decoder().decode(Buffer.from('aGVs\r\nbG8='))?.toString(), 'hello');
});

for (const text of [
  '!!!!',
  'aGVs bG8',
  'aGV!',
  'a-_b',
  '====',
  'a===',
  '=aaa',
  'aa=a',
  'aaaa=aaa',
  'aaaa====',
  'aaa\xe9',
]) {
  test(`not base64: ${text}`, () => {
    const valid = 'aGVsbG8=';
    for (const all of [text, valid + text, text + valid]) {
      for (let size = 1; size <= all.length; size += 1) {
        const decoder = new Base64Decoder();
        let isValid = true;
        for (let at = 0; at < all.length && isValid; at += size)
          isValid = decoder.decode(Buffer.from(all.slice(at, at + size), 'latin1')) !== null;
        assert.equal(isValid, false, `${all} in pieces of ${size}`);
      }
    }
  });
}

test('a text that ends in the middle of a group is not whole', () => {
  for (const text of ['a', 'aG', 'aGV', 'aGVsbG', 'aGVsbG8', 'aGVsbG8=a', 'aa=']) {
    const decoder = new Base64Decoder();
    assert.notEqual(decoder.decode(Buffer.from(text)), null);
    assert.equal(decoder.isWhole, false, text);
  }
});

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readValues } from '../../../../src/acme/core/der-reader.ts';
import { octetString, sequence, utf8String } from '../../../../src/certificates/core/der.ts';

test('values are read one after the other, with short and long lengths', () => {
  for (const length of [0, 127, 128, 255, 256, 70_000]) {
    const content = new Uint8Array(length).fill(7);
    const [outer] = readValues(sequence(octetString(content), utf8String('x')));
    const [bytes, text] = readValues(outer!.content);
    assert.deepEqual(bytes, { tag: 0x04, content });
    assert.deepEqual(text, { tag: 0x0c, content: Uint8Array.of(0x78) });
  }
});

test('a value that is cut short is refused', () => {
  const whole = octetString(new Uint8Array(300));
  for (const length of [1, 2, 3, 4, 303]) {
    assert.throws(() => readValues(whole.subarray(0, length)), { message: 'the DER value is cut short' });
  }
});

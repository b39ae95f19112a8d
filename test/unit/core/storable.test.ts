import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStorable, storable } from '../../../src/core/storable.ts';

test('text with a character of code 0, or half of a surrogate pair, cannot be stored, wherever it stands', () => {
  for (const bad of ['a\0b', '\ud800', '\udc00x', ['\0'], { deep: [{ x: '\ud83d' }] }, { '\0': 1 }]) {
    assert.equal(isStorable(bad), false, JSON.stringify(bad));
    assert.equal(isStorable(storable(bad)), true, JSON.stringify(bad));
  }
  for (const good of ['', 'a\nb', '😀', null, 1e308, true, { at: new Date(0), list: [null, 'é'] }]) {
    assert.equal(isStorable(good), true, JSON.stringify(good));
    assert.equal(storable(good), good, 'the very same');
  }
});

test('characters that cannot be stored become U+FFFD, and everything else stays', () => {
  const at = new Date(5);
  assert.deepEqual(storable({ at, 'k\0': ['a\0', 1, null, '\ud800😀'] }), {
    at,
    'k\uFFFD': ['a\uFFFD', 1, null, '\uFFFD😀'],
  });
});

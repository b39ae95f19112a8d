import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteRange } from '../../../../../src/policies/cache/core/byte-range.ts';

test('a range begins at a byte, or is counted from the end; what is beyond the end is cut off', () => {
  const range = (value: string, length = 10): unknown => byteRange(value, length);
  assert.deepEqual(range('bytes=0-0'), { from: 0, to: 0 });
  assert.deepEqual(range('Bytes= 2-4 '), { from: 2, to: 4 });
  assert.deepEqual(range('bytes=9-'), { from: 9, to: 9 });
  assert.deepEqual(range('bytes=5-99'), { from: 5, to: 9 });
  assert.deepEqual(range('bytes=-3'), { from: 7, to: 9 });
  assert.deepEqual(range('bytes=-99'), { from: 0, to: 9 });
  for (const none of ['bytes=10-', 'bytes=10-12', 'bytes=-0']) assert.equal(range(none), 'unsatisfiable', none);
  assert.equal(range('bytes=0-', 0), 'unsatisfiable');
  for (const other of ['bytes=-', 'bytes=4-2', 'bytes=0-1,3-4', 'items=0-1', 'bytes=a-b', '']) {
    assert.equal(range(other), undefined, other);
  }
});

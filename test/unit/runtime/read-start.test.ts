import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readOpen, readStart } from '../../../src/runtime/read-start.ts';
import { pemFolder } from '../../support/pem-folder.ts';

test('a file of any size is read whole, or up to the limit', (t) => {
  const path = pemFolder(t)('file', '');
  for (const size of [0, 1, 8191, 8192, 8193, 73_727, 73_728, 73_729, 200_000]) {
    const content = randomBytes(size);
    writeFileSync(path, content);
    for (const max of [1, 8192, 8193, size + 1, 1_000_000]) {
      assert.ok(readStart(path, max).equals(content.subarray(0, max)), `${size} bytes, at most ${max}`);
    }
  }
});

test('an endless source is read up to the limit', () => {
  assert.equal(readStart('/dev/zero', 100_000).length, 100_000);
});

test('what fits into the scratch buffer needs no other, and the size of a file saves a read', (t) => {
  const write = pemFolder(t);
  const scratch = Buffer.alloc(10);
  const read = (name: string, text: string, size = 0): Buffer => {
    const descriptor = openSync(write(name, text), 'r');
    t.after(() => closeSync(descriptor));
    return readOpen(descriptor, 100, size, scratch);
  };
  const small = read('small', 'abc');
  assert.equal(small.buffer, scratch.buffer);
  assert.equal(small.toString(), 'abc');
  for (const text of ['', 'abc', '0123456789', '0123456789x'])
    assert.equal(read('known', text, text.length).toString(), text);
  assert.equal(read('full', '0123456789').toString(), '0123456789');
  assert.equal(read('more', '0123456789x').toString(), '0123456789x');
});

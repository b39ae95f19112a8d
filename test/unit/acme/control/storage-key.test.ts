import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { storageKey } from '../../../../src/acme/control/storage-key.ts';
import { temporaryFolder } from '../../../support/sluice-process.ts';

test('a key that is configured is used, and no file is made', (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(storageKey('0A'.repeat(32), folder), Buffer.alloc(32, 10));
  assert.deepEqual(readdirSync(folder), []);
});

test('without one, a key is made once, readable for its owner only', (t) => {
  const folder = join(temporaryFolder(t), 'data');
  const key = storageKey(null, folder);
  assert.equal(key.length, 32);
  assert.deepEqual(storageKey(null, folder), key);
  assert.deepEqual(readdirSync(folder), ['acme-storage.key']);
  assert.equal(statSync(join(folder, 'acme-storage.key')).mode & 0o777, 0o600);
});

test('a damaged file is reported without its contents, and left as it is', (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'acme-storage.key');
  writeFileSync(file, 'not-a-key');
  assert.throws(
    () => storageKey(null, folder),
    (error: Error) => {
      assert.match(error.message, /acme-storage\.key" is damaged; restore it/);
      assert.doesNotMatch(error.message, /not-a-key/);
      return true;
    },
  );
  assert.equal(readFileSync(file, 'utf8'), 'not-a-key');
});

test('a folder that cannot be written is named', (t) => {
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, '');
  assert.throws(() => storageKey(null, file), {
    message: `"${join(file, 'acme-storage.key')}" cannot be used: ENOTDIR`,
  });
});

import assert from 'node:assert/strict';
import fs, { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createFile, fileFailure } from '../../../src/runtime/create-file.ts';
import { temporaryFolder } from '../../support/sluice-process.ts';

/** A call of the file system fails. */
function failing(t: TestContext, name: 'linkSync' | 'writeFileSync', code: string): void {
  t.mock.method(fs, name, () => {
    throw Object.assign(new Error(code), { code });
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

test('a file is there as a whole, for its owner only, and one that is there stays', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'key');
  createFile(path, 'first');
  createFile(path, 'second');
  assert.equal(readFileSync(path, 'utf8'), 'first');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['key']);
});

test('on a full disk nothing is left behind', (t) => {
  const folder = temporaryFolder(t);
  failing(t, 'linkSync', 'ENOSPC');
  assert.throws(() => createFile(join(folder, 'key'), 'text'), { code: 'ENOSPC' });
  assert.deepEqual(readdirSync(folder), []);
});

test('a file system without hard links is no obstacle', (t) => {
  const folder = temporaryFolder(t);
  failing(t, 'linkSync', 'EPERM');
  createFile(join(folder, 'key'), 'text');
  assert.equal(readFileSync(join(folder, 'key'), 'utf8'), 'text');
  assert.deepEqual(readdirSync(folder), ['key']);
});

test('a folder that is not there, or in the way, is the error of the system', (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => createFile(join(folder, 'missing', 'key'), 'text'), { code: 'ENOENT' });
  mkdirSync(join(folder, `key.${process.pid}.new`));
  assert.throws(() => createFile(join(folder, 'key'), 'text'));
});

test('a failure is told in words', () => {
  assert.equal(fileFailure(Object.assign(new Error('x'), { code: 'ENOSPC' })), 'there is no space left on the disk');
  assert.equal(fileFailure(Object.assign(new Error('x'), { code: 'EXDEV' })), 'EXDEV');
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeFolder } from '../../../src/runtime/make-folder.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'sluice-folder-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

test('a folder is made with all that is missing above it, for its owner alone', (t) => {
  const top = folder(t);
  makeFolder(join(top, 'a/b'), 0o700);
  for (const path of ['a', 'a/b']) assert.equal(statSync(join(top, path)).mode & 0o777, 0o700);
  makeFolder(join(top, 'a/b'), 0o700);
});

test('a file in the way is reported', (t) => {
  const top = folder(t);
  writeFileSync(join(top, 'file'), '');
  assert.throws(() => makeFolder(join(top, 'file'), 0o700), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(top, 'file/a'), 0o700), { code: 'ENOTDIR' });
});

test('if the system creates no folders, that is reported, too', { skip: process.platform !== 'linux' }, () => {
  assert.throws(() => makeFolder('/proc/no-such-folder/data', 0o700), { code: 'ENOENT' });
});

import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { replaceFile, replaceObstacle } from '../../../../src/config/file/write-file.ts';

const MODULE = new URL('../../../../src/config/file/write-file.ts', import.meta.url).href;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-write-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('the text replaces the old one, which is kept; the mode stays', (t) => {
  const file = join(folder(t), 'a.yaml');
  writeFileSync(file, 'old');
  chmodSync(file, 0o600);
  replaceFile(file, 'new');
  assert.deepEqual([readFileSync(file, 'utf8'), readFileSync(`${file}.bak`, 'utf8')], ['new', 'old']);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('a symbolic link stays one, and its target is written', (t) => {
  const path = folder(t);
  writeFileSync(join(path, 'real.yaml'), 'old');
  symlinkSync('real.yaml', join(path, 'link.yaml'));
  replaceFile(join(path, 'link.yaml'), 'new');
  assert.ok(lstatSync(join(path, 'link.yaml')).isSymbolicLink());
  assert.equal(readFileSync(join(path, 'real.yaml'), 'utf8'), 'new');
});

test('a missing file is not created, and nothing is left behind', (t) => {
  const path = folder(t);
  assert.throws(() => replaceFile(join(path, 'a.yaml'), 'new'), { code: 'ENOENT' });
  assert.deepEqual(readdirSync(path), []);
});

for (const [end, code] of [
  ['.new', 'ENOSPC'],
  // Linux copies into no device.
  ['.bak.new', 'EINVAL'],
] as const) {
  test(`if ${end} cannot be written, the file and the older one beside it stay whole`, (t) => {
    const path = folder(t);
    const file = join(path, 'a.yaml');
    writeFileSync(file, 'old');
    writeFileSync(`${file}.bak`, 'older');
    // Written to a device that is always full.
    symlinkSync('/dev/full', `${file}${end}`);
    assert.throws(() => replaceFile(file, 'new'), { code });
    assert.deepEqual([readFileSync(file, 'utf8'), readFileSync(`${file}.bak`, 'utf8')], ['old', 'older']);
    assert.deepEqual(readdirSync(path).toSorted(), ['a.yaml', 'a.yaml.bak']);
  });
}

test('nothing is known against a file that only its folder lets replace', (t) => {
  const path = folder(t);
  const file = join(path, 'a.yaml');
  writeFileSync(file, 'old', { mode: 0o400 });
  symlinkSync('a.yaml', join(path, 'link.yaml'));
  assert.equal(replaceObstacle(join(path, 'link.yaml')), null);
  assert.deepEqual(readdirSync(path), ['a.yaml', 'link.yaml']);
  assert.equal(replaceObstacle(join(path, 'b.yaml'))?.code, 'ENOENT');
});

/** Root may write everything, so another user has to try. */
const SOMEBODY = 65_534;

test('a folder that takes no files is an obstacle before anything is written', (t) => {
  const path = folder(t);
  writeFileSync(join(path, 'a.yaml'), 'old');
  chmodSync(path, 0o555);
  const code = `import { replaceObstacle } from ${JSON.stringify(MODULE)};
console.log(replaceObstacle(${JSON.stringify(join(path, 'a.yaml'))})?.code);`;
  const as = process.getuid?.() === 0 ? { uid: SOMEBODY, gid: SOMEBODY } : {};
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { ...as, cwd: '/' });
  assert.equal(stdout.toString(), 'EACCES\n', stderr.toString());
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../../bin/sluice.js', import.meta.url));

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

/** A short run of the real process, which must work whatever happens to its cache. */
function run(env: NodeJS.ProcessEnv): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, '--version'], { encoding: 'utf8', env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^sluice \S+\n$/);
}

test('compiled code is kept in a private folder of the user', (t) => {
  const caches = folder(t);
  run({ XDG_CACHE_HOME: caches });
  const kept = join(caches, 'sluice', 'compiled');
  assert.equal(statSync(kept).mode & 0o777, 0o700);
  assert.ok(readdirSync(kept).length > 0);
});

test('a folder that others may write to is not used', (t) => {
  const caches = folder(t);
  const kept = join(caches, 'sluice', 'compiled');
  mkdirSync(kept, { recursive: true });
  chmodSync(kept, 0o777);
  run({ XDG_CACHE_HOME: caches });
  assert.deepEqual(readdirSync(kept), []);
});

test('where no folder can be made, it starts all the same', (t) => {
  const file = join(folder(t), 'file');
  writeFileSync(file, '');
  run({ XDG_CACHE_HOME: file });
});

test('it can be switched off, and another folder can be named', (t) => {
  const [caches, other] = [folder(t), folder(t)];
  run({ XDG_CACHE_HOME: caches, NODE_DISABLE_COMPILE_CACHE: '1' });
  run({ XDG_CACHE_HOME: caches, NODE_COMPILE_CACHE: other });
  assert.equal(existsSync(join(caches, 'sluice')), false);
  assert.ok(readdirSync(other).length > 0);
});

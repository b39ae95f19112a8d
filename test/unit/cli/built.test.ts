import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const FOLDERS = ['src/deep', 'plugins', 'drizzle', 'openapi'];
/** Seconds since 1970. */
const [BEFORE, BUILT, AFTER] = [1_000, 2_000, 3_000];

interface Installation {
  /** When each was last changed; left out: it is not there. */
  readonly built?: number;
  readonly sources?: Readonly<Record<string, number>>;
}

/** Which form of a program runs. */
function runs(t: TestContext, { built, sources }: Installation): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-built-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const path of ['bin/sluice.js', 'scripts/built.js', 'scripts/need-node.js'])
    cpSync(join(root, path), join(folder, path));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const write = (form: string, ending: string): void => {
    mkdirSync(join(folder, form));
    writeFileSync(join(folder, form, `main.${ending}`), `console.log('${form}');`);
    writeFileSync(join(folder, form, `compile-cache.${ending}`), 'export function keepCompiled() {}');
  };
  if (built !== undefined) write('dist', 'js');
  if (sources !== undefined) {
    write('src', 'ts');
    for (const path of FOLDERS) mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, 'src/deep/part.ts'), '');
    const all = [...FOLDERS, 'src', 'src/main.ts', 'src/compile-cache.ts', 'src/deep/part.ts'];
    for (const path of all) utimesSync(join(folder, path), BEFORE, sources[path] ?? BEFORE);
  }
  if (built !== undefined) utimesSync(join(folder, 'dist/main.js'), BEFORE, built);
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'bin/sluice.js')], { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout.trim();
}

test('the build runs as long as no source is newer', (t) => {
  assert.equal(runs(t, { built: BUILT, sources: {} }), 'dist');
});

test('the sources run when one of them was changed since, and when one was removed', (t) => {
  assert.equal(runs(t, { built: BUILT, sources: { 'src/deep/part.ts': AFTER } }), 'src');
  assert.equal(runs(t, { built: BUILT, sources: { 'src/deep': AFTER } }), 'src');
  assert.equal(runs(t, { built: BUILT, sources: { plugins: AFTER } }), 'src');
});

test('an installation of one form runs that form', (t) => {
  assert.equal(runs(t, { built: BUILT }), 'dist');
  assert.equal(runs(t, { sources: {} }), 'src');
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ranTestsPath, type RanTest } from '../../../scripts/ran-tests.ts';

const script = join(import.meta.dirname, '../../../scripts/test.ts');
const passing = `import { test } from 'node:test';\ntest('a', () => {});\n`;
const failing = `import { test } from 'node:test';\ntest('b', () => { throw new Error('no'); });\n`;

test('a failing test fails the run, later suites still run, and the closing line adds them up', async () => {
  const { code, last, text } = await run({ 'test/unit/a.test.ts': failing, 'test/wire/a.test.ts': passing });
  assert.deepEqual({ code, last }, { code: 1, last: '1 passed, 1 failed' });
  assert.match(text, /^✖ test\/unit\/a\.test\.ts:2 {2}b$/m);
  // And in full at the end.
  const quiet = text
    .replaceAll(/in [\d.]+ s$/gm, 'in 1 s')
    .split('\n')
    .filter((line) => !/^ {5}|^$/.test(line));
  assert.deepEqual(quiet.slice(-5), ['What failed:', 'test/unit/a.test.ts:2', '  b', '    Error: no', last]);
  assert.ok(quiet.includes('== wire: 1 passed, 0 failed, 0 skipped in 1 s'));
});

test('the run leaves a list of the tests that ran, without those skipped and those of the run before', async () => {
  const skipped = `import { test } from 'node:test';\ntest('c', { skip: 'no reason' }, () => {});\n`;
  const files = { 'test/unit/a.test.ts': passing, 'test/unit/c.test.ts': skipped, 'test/wire/b.test.ts': failing };
  const { ran } = await run({ ...files, [ranTestsPath]: '[{ "name": "before" }]' });
  const sorted = (ran as RanTest[]).map(({ ms, ...each }) => ({ ...each, isTimed: ms >= 0 }));
  assert.deepEqual(
    sorted.sort((a, b) => a.name.localeCompare(b.name)),
    [
      { file: 'test/unit/a.test.ts', name: 'a', passed: true, isTimed: true },
      { file: 'test/wire/b.test.ts', name: 'b', passed: false, isTimed: true },
    ],
  );
});

test('small files of a suite share a process, and each result names the file it is of', async () => {
  const file = (name: string): string =>
    `import { test } from 'node:test';\nglobalThis.loaded = (globalThis.loaded ?? 0) + 1;\n` +
    `test('${name}', () => { if (globalThis.loaded !== 2) throw new Error(globalThis.loaded); });\n`;
  const { last, ran } = await run({ 'test/wire/a.test.ts': file('a'), 'test/wire/b.test.ts': file('b') });
  assert.equal(last, '2 passed, 0 failed');
  assert.deepEqual(
    (ran as RanTest[]).map(({ file: of, name }) => [of, name]),
    [
      ['test/wire/a.test.ts', 'a'],
      ['test/wire/b.test.ts', 'b'],
    ],
  );
});

test('a failed test that leaves a timer stalls nothing, and loses no result of a file that loads later', async () => {
  const open = `import { test } from 'node:test';\ntest('a', () => { setInterval(() => {}, 1000); throw new Error('no'); });\n`;
  const slow = `await new Promise((resolve) => setImmediate(resolve));\n`;
  const files = {
    'test/wire/a.test.ts': open,
    'test/wire/b.test.ts': slow + passing,
    'test/wire/c.test.ts': passing,
    'test/unit/a.test.ts': open,
    'test/unit/b.test.ts': slow + passing,
  };
  assert.equal((await run(files)).last, '3 passed, 2 failed');
});

test('no result of a burst of tests is lost', async () => {
  const burst = `import { test } from 'node:test';\nfor (let at = 0; at < 300; at += 1) test('x'.repeat(10_000) + at, () => {});\n`;
  assert.equal((await run({ 'test/wire/a.test.ts': burst })).last, '300 passed, 0 failed');
});

test('a process that ends before all its files are loaded has failed', async () => {
  const late = `await new Promise((resolve) => setTimeout(resolve, 60_000));\n`;
  const { last } = await run({
    'late.ts': late,
    'test/wire/a.test.ts': passing,
    'test/wire/b.test.ts': `import '../../late.ts';\n${passing}`,
  });
  assert.equal(last, '1 passed, 1 failed');
});

test('a named suite runs alone, and --verbose shows every test', async () => {
  const files = { 'test/unit/a.test.ts': passing, 'test/wire/a.test.ts': failing };
  const { code, last, text } = await run(files, ['unit', '--verbose']);
  assert.deepEqual({ code, last }, { code: 0, last: '1 passed, 0 failed' });
  assert.match(text, /^✔ a \(/m);
});

test('folders can be left out', async () => {
  const files = { 'test/wire/a.test.ts': passing, 'test/wire/cli/b.test.ts': failing };
  const { code, last } = await run(files, ['wire', '--without=cli,db']);
  assert.deepEqual({ code, last }, { code: 0, last: '1 passed, 0 failed' });
});

test('an unknown suite is refused, with the names there are', async () => {
  const { code, text } = await run({ 'test/unit/a.test.ts': passing }, ['unti']);
  assert.equal(code, 1);
  assert.match(text, /No such suite: unti\. There are: unit, plugins, wire, db, redis, gateway, operations, browser\./);
});

test('a Node that is not installed is refused, with the command that installs it', async () => {
  const { code, text } = await run({ 'test/unit/a.test.ts': passing }, ['unit', '--node=1']);
  assert.equal(code, 1);
  assert.match(text, /Node 1 is not installed: npm ci --prefix tools\/node-1\n/);
});

test('a suite without tests fails in CI only', async () => {
  const files = { 'test/wire/a.test.ts': passing };
  assert.equal((await run(files, ['wire', 'db'])).code, 0);
  const { code, last } = await run(files, ['wire', 'db'], { CI: 'true' });
  assert.deepEqual({ code, last }, { code: 1, last: '1 passed, 1 failed' });
});

test('nothing executed at all is a failure', async () => {
  assert.equal((await run({})).code, 1);
});

test('a file that cannot be loaded is a failure', async () => {
  const { code, last } = await run({ 'test/wire/a.test.ts': `import './absent.ts';\n` }, ['wire']);
  assert.deepEqual({ code, last }, { code: 1, last: '0 passed, 1 failed' });
});

test('core code that no test runs is a failure', async () => {
  const branches = Array.from({ length: 30 }, (_, at) => `  if (n === ${at}) return ${at + 1};\n`).join('');
  const core = `export function f(n: number): number {\n${branches}  return 0;\n}\n`;
  // Of a folder whose tests are not counted.
  const all = `import { f } from '../../../src/core/f.ts';\nfor (let n = 0; n < 31; n += 1) f(n);\n`;
  const files = { 'src/core/f.ts': core, 'test/unit/a.test.ts': passing, 'test/unit/cli/b.test.ts': all + passing };
  const { code, last, text } = await run(files, ['unit', '--coverage']);
  assert.match(
    text,
    /^unit \(with coverage\): exit 1\n[\d.]+ % of the lines are covered\n {2}src\/core\/f\.ts: no test runs lines 2 3 /m,
  );
  assert.deepEqual({ code, last }, { code: 1, last: '2 passed, 1 failed' });
});

/** Runs the script in a temporary project of these files. */
async function run(
  files: Readonly<Record<string, string>>,
  words: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; last: string | undefined; text: string; ran: unknown }> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-suites-'));
  for (const [path, source] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const { CI: _, ...rest } = process.env;
  const answer = await new Promise<{ code: number; text: string }>((resolve) => {
    execFile(process.execPath, [script, ...words], { cwd: folder, env: { ...rest, ...env } }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
    );
  });
  const list = join(folder, ranTestsPath);
  const ran: unknown = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : undefined;
  rmSync(folder, { recursive: true });
  return { ...answer, ran, last: answer.text.trimEnd().split('\n').at(-1) };
}

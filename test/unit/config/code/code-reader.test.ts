/** Evaluation of real files, each on a real thread. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { CodeReader, type CodeReaderInput } from '../../../../src/config/code/code-reader.ts';
import { ConfigError, formatProblem } from '../../../../src/config/file/problem.ts';

/** A folder with these files, and a reader of the first. */
function reader(t: TestContext, files: Readonly<Record<string, string>>, more: Partial<CodeReaderInput> = {}) {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-code-')));
  t.after(() => rmSync(cwd, { recursive: true }));
  const write = (name: string, text: string): void => writeFileSync(join(cwd, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    cwd,
    write,
    reader: new CodeReader({ file: Object.keys(files)[0]!, cwd, env: {}, limitMs: 60_000, ...more }),
  };
}

async function problemOf(subject: CodeReader): Promise<string> {
  try {
    await subject.take();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem).join('\n');
    throw error;
  }
  return '';
}

describe('a configuration in code', { timeout: 120_000 }, () => {
  const forms: Readonly<Record<string, readonly [string, string]>> = {
    'an object': ['c.ts', 'const a: number = 1; export default { a };'],
    'a function': ['c.mts', 'export default ({ env }: { env: { A?: string } }) => ({ a: Number(env.A) });'],
    'an async function': ['c.mjs', 'export default async () => ({ a: await Promise.resolve(1) });'],
    'a promise': ['c.js', 'export default Promise.resolve({ a: Number(process.env.A) });'],
    'a CommonJS module': ['c.cjs', 'module.exports = { a: 1 };'],
    'the argument of defineConfig': [
      'c.ts',
      "import { defineConfig } from 'sluice'; export default defineConfig({ a: 1 });",
    ],
  };
  for (const [name, [file, text]] of Object.entries(forms)) {
    it(`may be ${name}`, async (t) => {
      const { reader: subject } = reader(t, { [file]: text }, { env: { A: '1' } });
      assert.deepEqual(await subject.take(), { value: { a: 1 } });
      assert.deepEqual(subject.takeOutput(), []);
    });
  }

  const failures: Readonly<Record<string, readonly [Readonly<Record<string, string>>, string | RegExp]>> = {
    'a syntax error in TypeScript': [{ 'c.ts': 'export default {\n  a: 1,,\n};' }, /^c\.ts:2:8: SyntaxError: /],
    'a syntax error in JavaScript': [{ 'c.mjs': 'export default {\n  a: 1,,\n};' }, /^c\.mjs:2:8: SyntaxError: /],
    'a syntax error in an import': [
      { 'c.ts': "import './d.ts';\n", 'd.ts': '\nconst = 1;' },
      /^d\.ts:2:7: SyntaxError: /,
    ],
    'a throw': [
      { 'c.ts': "function f(): never {\n  throw new RangeError('no');\n}\nexport default { a: f() };" },
      'c.ts:2:9: threw RangeError: no',
    ],
    'a throw of the function': [
      { 'c.ts': "export default () => {\n  throw new Error('no');\n};" },
      'c.ts:2:9: threw Error: no',
    ],
    'a late throw': [
      { 'c.ts': "setTimeout(() => {\n  throw new Error('late');\n});\nawait new Promise(() => {});" },
      'c.ts:2:9: threw Error: late',
    ],
    'a throw with several lines': [{ 'c.ts': "throw new Error('one\\n  two');" }, 'c.ts:1:7: threw Error: one two'],
    'a throw of no error': [{ 'c.ts': 'throw 5;' }, 'c.ts: threw 5'],
    'a missing import': [
      { 'c.ts': "import a from 'sluice';\nimport b from './d.ts';" },
      "c.ts:2:15: cannot find './d.ts'",
    ],
    'a missing package': [{ 'c.ts': "import b from 'no-such-package';" }, "c.ts:1:15: cannot find 'no-such-package'"],
    'a missing export': [
      { 'c.ts': "\nimport { b } from './d.ts';", 'd.ts': 'export const a = 1;' },
      /^c\.ts:2:10: SyntaxError: .*'b'/,
    ],
    'an enum': [
      { 'c.ts': 'enum A { B }\nexport default {};' },
      /^c\.ts:1:1: TypeScript enum is not supported .*erasableSyntaxOnly/,
    ],
    'no default export': [{ 'c.ts': 'export const a = 1;' }, /^c\.ts: there is no default export; write/],
    'another value': [
      { 'c.ts': 'export default [];' },
      /^c\.ts: the default export must be a mapping.*; found a list$/,
    ],
    'a class instance': [
      { 'c.ts': 'export default { a: { b: [new Date()] } };' },
      /^c\.ts: a\.b\.0: found an instance of Date; allowed: /,
    ],
    'process.exit': [{ 'c.ts': 'process.exit(0);' }, /^c\.ts: ended without a result: by process\.exit, or waiting/],
    'a promise that never settles': [{ 'c.ts': 'await new Promise(() => {});' }, /^c\.ts: ended without a result/],
    'a file that is missing': [{ 'none/c.ts': '' }, 'none/c.ts: cannot be read: the file does not exist'],
  };
  for (const [name, [files, expected]] of Object.entries(failures)) {
    it(`names ${name} and where it is`, async (t) => {
      const { 'none/c.ts': missing, ...there } = files;
      const { reader: subject } = reader(t, there, missing === undefined ? {} : { file: 'none/c.ts' });
      const problem = await problemOf(subject);
      if (typeof expected === 'string') assert.equal(problem, expected);
      else assert.match(problem, expected);
    });
  }

  it('is ended in an endless loop', async (t) => {
    const { reader: subject } = reader(t, { 'c.ts': 'while (true);' }, { limitMs: 200 });
    assert.match(await problemOf(subject), /^c\.ts: not evaluated within 0\.2 s: an endless loop/);
  });

  it('has printed what it printed, once, also if it fails', async (t) => {
    const { reader: subject } = reader(t, { 'c.ts': "console.log('before');\nprocess.exit();" });
    await problemOf(subject);
    assert.deepEqual(subject.takeOutput(), ['before']);
    assert.deepEqual(subject.takeOutput(), []);
  });

  it('prints a bounded number of lines', async (t) => {
    const text = "for (let at = 0; at < 1000; at += 1) console.log('%d', at);\nconsole.error('x'); export default {};";
    const { reader: subject } = reader(t, { 'c.ts': text });
    await subject.take();
    const output = subject.takeOutput();
    assert.deepEqual([output.length, output[0], output[49]], [51, '0', '49']);
    assert.match(output[50]!, /^and \d+ more lines$/);
  });

  it('gets the environment it is given and no other, frozen', async (t) => {
    const text = 'export default ({ env }) => ({ own: env, all: { ...process.env }, frozen: Object.isFrozen(env) });';
    const { reader: subject } = reader(t, { 'c.mjs': text }, { env: { A: '1', B: undefined } });
    assert.deepEqual(await subject.take(), { value: { own: { A: '1' }, all: { A: '1' }, frozen: true } });
  });

  it('is evaluated anew each time: a change of an import of an import is seen', async (t) => {
    const {
      reader: subject,
      write,
      cwd,
    } = reader(t, {
      'c.ts': "import { b } from './b.ts'; export default { b };",
      'b.ts': "export { b } from './a.ts'; import './d.json' with { type: 'json' };",
      'a.ts': 'export const b = 1;',
      'd.json': '{}',
    });
    assert.deepEqual(await subject.take(), { value: { b: 1 } });
    assert.deepEqual(
      [...subject.paths].sort(),
      ['a.ts', 'b.ts', 'c.ts', 'd.json'].map((name) => join(cwd, name)),
    );
    assert.equal(subject.hasChanged(), false);
    write('a.ts', 'export const b = 2;');
    assert.equal(subject.hasChanged(), true);
    assert.deepEqual(await subject.take(), { value: { b: 2 } });
    assert.equal(subject.hasChanged(), false);
    write('c.ts', 'export default { b: 3 };');
    await subject.take();
    assert.deepEqual(subject.paths, [join(cwd, 'c.ts')]);
  });

  it('watches what a failed evaluation has read, and a file that it misses', async (t) => {
    const { reader: subject, write, cwd } = reader(t, { 'c.ts': "import a from './a.ts'; export default { a };" });
    await problemOf(subject);
    assert.deepEqual(subject.paths, [join(cwd, 'c.ts'), join(cwd, 'a.ts')]);
    assert.equal(subject.hasChanged(), false);
    write('a.ts', 'process.exit();');
    assert.equal(subject.hasChanged(), true);
    await problemOf(subject);
    assert.deepEqual(subject.paths, [join(cwd, 'c.ts'), join(cwd, 'a.ts')]);
    assert.equal(subject.hasChanged(), false);
    write('a.ts', 'export default 1;');
    assert.equal(subject.hasChanged(), true);
    rmSync(join(cwd, 'a.ts'));
    assert.equal(subject.hasChanged(), false);
  });

  it('goes on watching what a failed evaluation did not come to', async (t) => {
    const good = "import a from './a.ts'; export default { a };";
    const { reader: subject, write } = reader(t, { 'c.ts': good, 'a.ts': 'export default 1;' });
    await subject.take();
    write('c.ts', `${good} const = 1;`);
    write('a.ts', 'export default 2;');
    await problemOf(subject);
    assert.equal(subject.hasChanged(), false);
    write('a.ts', 'export default 3;');
    assert.equal(subject.hasChanged(), true);
  });

  it('has changed if a link to its folder leads elsewhere, as Kubernetes does', async (t) => {
    const { reader: first, cwd } = reader(t, { 'unused.ts': '' });
    for (const version of ['1', '2']) {
      mkdirSync(join(cwd, version));
      writeFileSync(join(cwd, version, 'c.ts'), "import a from './a.ts'; export default { a };");
      writeFileSync(join(cwd, version, 'a.ts'), `export default ${version};`);
    }
    symlinkSync('1', join(cwd, 'data'));
    const subject = new CodeReader({ file: 'data/c.ts', cwd, env: {} });
    assert.deepEqual(await subject.take(), { value: { a: 1 } });
    symlinkSync('2', join(cwd, 'next'));
    renameSync(join(cwd, 'next'), join(cwd, 'data'));
    assert.equal(subject.hasChanged(), true);
    assert.deepEqual(await subject.take(), { value: { a: 2 } });
    assert.equal(subject.hasChanged(), false);
    assert.deepEqual(first.paths, [join(cwd, 'unused.ts')]);
  });
});

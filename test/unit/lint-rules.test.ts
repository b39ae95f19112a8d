import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const root = join(import.meta.dirname, '../..');

/** What must be refused: where, what, by which rule. Each source is a file of its own. */
const refused: readonly [claim: string, path: string, source: string, rule: string][] = [
  ['core imports no state', 'src/core/balancing/pick.ts', `import '../../state/pool.ts';`, 'no-restricted-imports'],
  ['core imports no errors', 'src/core/bucket.ts', `import '../errors.ts';`, 'no-restricted-imports'],
  [
    'core imports no types of others',
    'src/core/hash.ts',
    `import type { A } from '../http/a.ts';`,
    'no-restricted-imports',
  ],
  ['core imports nothing of Node', 'src/core/random.ts', `import 'node:crypto';`, 'no-restricted-imports'],
  ['core imports no package', 'src/core/ewma.ts', `import 'undici';`, 'no-restricted-imports'],
  ['core re-exports no one', 'src/core/again.ts', `export * from '../state/pool.ts';`, 'no-restricted-imports'],
  [
    'core imports no one lazily',
    'src/core/lazy.ts',
    `export const a = import('../http/a.ts');`,
    'no-restricted-imports',
  ],
  ['core reads no wall clock', 'src/core/now.ts', `export const a = Date.now();`, 'no-restricted-globals'],
  ['core makes no date', 'src/core/date.ts', `export const a = new Date();`, 'no-restricted-globals'],
  ['core reads no monotonic clock', 'src/core/perf.ts', `export const a = performance.now();`, 'no-restricted-globals'],
  [
    'core finds no clock by globalThis',
    'src/core/glob.ts',
    `export const a = globalThis.Date;`,
    'no-restricted-globals',
  ],
  ['core draws no random number', 'src/core/draw.ts', `export const a = Math.random();`, 'no-restricted-properties'],
  ['core takes no random by name', 'src/core/take.ts', `export const { random } = Math;`, 'no-restricted-properties'],
  ['core sets no timer', 'src/core/timer.ts', `setTimeout(() => {}, 1);`, 'no-restricted-globals'],
  ['core knows no process', 'src/core/proc.ts', `process.hrtime();`, 'no-restricted-globals'],
  ['state imports no control', 'src/state/a.ts', `import '../control/boot.ts';`, 'no-restricted-imports'],
  ['state imports no package', 'src/state/b.ts', `import 'undici';`, 'no-restricted-imports'],
  [
    'state runs no code of config',
    'src/state/c.ts',
    `import { a } from '../config/a.ts';\na;`,
    'no-restricted-imports',
  ],
  ['state reads no environment', 'src/state/d.ts', `export const a = process.env['A'];`, 'no-restricted-properties'],
  ['http imports no state', 'src/http/b.ts', `import '../state/pool.ts';`, 'no-restricted-imports'],
  ['http imports no framework', 'src/http/c.ts', `import 'fastify';`, 'no-restricted-imports'],
  ['http runs no code of core', 'src/http/d.ts', `import '../core/hash.ts';`, 'no-restricted-imports'],
  ['schemas import no control', 'src/schemas/a.ts', `import '../control/boot.ts';`, 'no-restricted-imports'],
  ['schemas run no code of state', 'src/schemas/b.ts', `import '../state/pool.ts';`, 'no-restricted-imports'],
  ['errors import no http', 'src/errors.ts', `import './http/a.ts';`, 'no-restricted-imports'],
  ['config imports no state', 'src/config/b.ts', `import '../state/pool.ts';`, 'no-restricted-imports'],
  [
    'the dashboard imports nothing of the server',
    'dashboard/src/a.ts',
    `import '../../src/errors.ts';`,
    'no-restricted-imports',
  ],
  ['drizzle imports no plugin', 'drizzle/a.ts', `import '../plugins/admin/auth.ts';`, 'no-restricted-imports'],
  ['drizzle imports no control', 'drizzle/b.ts', `import '../src/control/boot.ts';`, 'no-restricted-imports'],
  ['drizzle runs no code of state', 'drizzle/c.ts', `import '../src/state/pool.ts';`, 'no-restricted-imports'],
  ['drizzle reads no environment', 'drizzle/d.ts', `export const a = process.env;`, 'no-restricted-properties'],
  ['a plugin imports no neighbour', 'plugins/admin/a.ts', `import './auth.ts';`, 'no-restricted-imports'],
  [
    'a plugin imports no plugin of the other plane',
    'plugins/admin/b.ts',
    `import '../traffic/x.ts';`,
    'no-restricted-imports',
  ],
  ['a plugin imports no control', 'plugins/admin/c.ts', `import '../../src/control/boot.ts';`, 'no-restricted-imports'],
  ['a plugin imports no traffic', 'plugins/traffic/a.ts', `import '../../src/traffic/b.ts';`, 'no-restricted-imports'],
  ['a plugin imports no database', 'plugins/admin/d.ts', `import '../../drizzle/tables.ts';`, 'no-restricted-imports'],
  ['a plugin knows no SQL', 'plugins/admin/e.ts', `import 'drizzle-orm';`, 'no-restricted-imports'],
  ['a plugin runs no code of config', 'plugins/admin/f.ts', `import '../../src/config/a.ts';`, 'no-restricted-imports'],
  ['control knows no SQL', 'src/control/a.ts', `import 'postgres';`, 'no-restricted-imports'],
  ['control loads no traffic code', 'src/control/b.ts', `import '../traffic/b.ts';`, 'no-restricted-imports'],
  ['control reads no environment', 'src/control/c.ts', `export const a = process.env;`, 'no-restricted-properties'],
  ['traffic loads no database', 'src/traffic/a.ts', `import '../../drizzle/tables.ts';`, 'no-restricted-imports'],
  ['traffic loads no control code', 'src/traffic/c.ts', `import '../control/boot.ts';`, 'no-restricted-imports'],
  ['a tool knows no SQL', 'src/tools/a.ts', `import 'drizzle-orm/pg-core';`, 'no-restricted-imports'],
  ['a promise is not left floating', 'src/control/d.ts', `async function a() {}\na();`, 'no-floating-promises'],
];

/** What must be allowed, so that a rule is not satisfied by refusing everything. */
const allowed: readonly [path: string, source: string][] = [
  ['src/core/balancing/ok.ts', `import '../hash.ts';\nimport './pick.ts';`],
  [
    'src/state/ok.ts',
    `import 'node:crypto';\nimport '../core/hash.ts';\nimport '../http/a.ts';\nexport const a = Date.now();`,
  ],
  ['src/state/ok-types.ts', `import type { A } from '../config/a.ts';\nexport const a: A = null;`],
  ['src/http/ok.ts', `import '../errors.ts';\nimport 'node:net';`],
  ['src/schemas/ok.ts', `import '../http/ok.ts';\nimport '../errors.ts';`],
  ['src/config/ok.ts', `import '../http/a.ts';\nexport const a = process.env['A'];`],
  ['src/control/ok.ts', `import '../state/ok.ts';\nimport '../../drizzle/ok.ts';\nimport '../../plugins/admin/ok.ts';`],
  ['src/traffic/ok.ts', `import '../state/ok.ts';\nimport '../../plugins/traffic/ok.ts';`],
  [
    'drizzle/ok.ts',
    `import 'drizzle-orm';\nimport 'postgres';\nimport type { A } from '../src/state/ok.ts';\nexport type B = A;`,
  ],
  ['plugins/admin/ok.ts', `import '../../src/state/ok.ts';\nimport '../../src/errors.ts';\nimport 'fastify';`],
  ['plugins/traffic/ok.ts', `import '../../src/http/ok.ts';\nimport '../../src/core/hash.ts';`],
  [
    'test/unit/ok.test.ts',
    `import { test } from 'node:test';\nimport 'postgres';\ntest(String(process.env['A']), async () => {});`,
  ],
];

/** Rules found per file. */
const found = new Map<string, string[]>();
let layout: string;

describe('the import rules', () => {
  before(async () => {
    layout = mkdtempSync(join(tmpdir(), 'sluice-lint-'));
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
      cpSync(join(root, name), join(layout, name));
    symlinkSync(join(root, 'node_modules'), join(layout, 'node_modules'));
    for (const [path, source] of [...refused.map(([, at, text]) => [at, text] as const), ...allowed]) {
      mkdirSync(dirname(join(layout, path)), { recursive: true });
      writeFileSync(join(layout, path), `${source}\n`);
    }
    for (const { code, filename } of await lint(layout)) {
      found.set(filename, [...(found.get(filename) ?? []), code]);
    }
  });

  after(() => rmSync(layout, { recursive: true }));

  for (const [claim, path, , rule] of refused) {
    test(`${claim}: the linter says so`, () => {
      const codes = found.get(path) ?? [];
      assert.ok(
        codes.some((code) => code.includes(`(${rule})`)),
        `${path}: expected ${rule}, found [${codes.join(', ')}]`,
      );
    });
  }

  for (const [path] of allowed) {
    test(`${path} may import what it does`, () => {
      const rules = (found.get(path) ?? []).filter((code) => /restricted|floating/.test(code));
      assert.deepEqual(rules, []);
    });
  }
});

test('every folder under src has import rules', () => {
  const known = ['cli', 'config', 'control', 'core', 'http', 'schemas', 'state', 'tools', 'traffic'];
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const unknown = folders.map((folder) => folder.name).filter((name) => !known.includes(name));
  assert.deepEqual(unknown, [], 'name the new folder in the lists of .oxlintrc.json, then here');
});

/** Runs the project's own oxlint with the project's own configuration. Findings are its exit code 1. */
async function lint(folder: string): Promise<{ code: string; filename: string }[]> {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const out = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [oxlint, '--format', 'json'],
      { cwd: folder, maxBuffer: 1e8 },
      (error, stdout, stderr) => {
        if (stdout.startsWith('{')) resolve(stdout);
        else reject(new Error(`oxlint failed: ${stdout}${stderr}`, { cause: error }));
      },
    );
  });
  return (JSON.parse(out) as { diagnostics: { code: string; filename: string }[] }).diagnostics;
}

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const root = join(import.meta.dirname, '../..');

/** What must be refused: where, what, by which rule. Each source is a file of its own. */
const refused: readonly [claim: string, path: string, source: string, rule: string][] = [
  ['core reads no wall clock', 'src/core/now.ts', `export const a = Date.now();`, 'no-restricted-globals'],
  ['core makes no date', 'src/limits/core/date.ts', `export const a = new Date();`, 'no-restricted-globals'],
  ['core reads no monotonic clock', 'src/core/perf.ts', `export const a = performance.now();`, 'no-restricted-globals'],
  [
    'core finds no clock by globalThis',
    'src/core/glob.ts',
    `export const a = globalThis.Date;`,
    'no-restricted-globals',
  ],
  [
    'core draws no random number',
    'src/breaker/core/draw.ts',
    `export const a = Math.random();`,
    'no-restricted-properties',
  ],
  ['core takes no random by name', 'src/core/take.ts', `export const { random } = Math;`, 'no-restricted-properties'],
  ['core sets no timer', 'src/core/timer.ts', `setTimeout(() => {}, 1);`, 'no-restricted-globals'],
  ['core knows no process', 'src/core/proc.ts', `process.hrtime();`, 'no-restricted-globals'],
  ['what both planes load needs no package', 'src/limits/b.ts', `import 'undici';`, 'no-restricted-imports'],
  ['nor for HTTP', 'src/http/c.ts', `import 'fastify';`, 'no-restricted-imports'],
  [
    'a concern reads no environment',
    'src/balancing/d.ts',
    `export const a = process.env['A'];`,
    'no-restricted-properties',
  ],
  ['nor the control thread', 'src/gateway/control/c.ts', `export const a = process.env;`, 'no-restricted-properties'],
  ['drizzle reads no environment', 'drizzle/d.ts', `export const a = process.env;`, 'no-restricted-properties'],
  ['a plugin knows no SQL', 'plugins/admin/e.ts', `import 'drizzle-orm';`, 'no-restricted-imports'],
  ['control knows no SQL', 'src/gateway/control/a.ts', `import 'postgres';`, 'no-restricted-imports'],
  ['the API’s bodies know no SQL', 'src/limits/api/a.ts', `import 'node:sqlite';`, 'no-restricted-imports'],
  ['a concern knows no SQL', 'src/limits/f.ts', `import 'node:sqlite';`, 'no-restricted-imports'],
  ['a tool knows no SQL', 'tools/a.ts', `import 'drizzle-orm/pg-core';`, 'no-restricted-imports'],
  ['the dashboard uses nothing of Node', 'dashboard/src/a.ts', `import 'node:fs';`, 'no-restricted-imports'],
  ['a promise is not left floating', 'src/gateway/control/d.ts', `async function a() {}\na();`, 'no-floating-promises'],
];

/** What must be allowed, so that a rule is not satisfied by refusing everything. */
const allowed: readonly [path: string, source: string][] = [
  ['src/limits/ok.ts', `import 'node:crypto';\nimport type { A } from 'pino';\nexport const a: A = Date.now();`],
  ['src/limits/api/ok.ts', `import '@sinclair/typebox';`],
  ['src/config/ok.ts', `import 'yaml';\nexport const a = process.env['A'];`],
  ['src/forwarding/ok.ts', `import 'undici';`],
  ['drizzle/ok.ts', `import 'drizzle-orm';\nimport 'postgres';\nimport 'node:sqlite';`],
  ['plugins/admin/ok.ts', `import 'fastify';`],
  [
    'test/unit/ok.test.ts',
    `import { test } from 'node:test';\nimport 'postgres';\ntest(String(process.env['A']), async () => {});`,
  ],
];

/** Rules found per file. */
const found = new Map<string, string[]>();
let layout: string;

describe('the linter', () => {
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

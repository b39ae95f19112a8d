import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { API_FOLDERS, CONCERNS, importFault, importsOf } from '../../../scripts/import-rules.ts';

const root = join(import.meta.dirname, '../../..');

function faults(path: string, source: string): readonly (string | undefined)[] {
  return importsOf(source).map((each) => importFault(path, each));
}

const REFUSED: readonly [claim: string, path: string, source: string][] = [
  ['core imports no concern', 'src/core/hash.ts', `import '../limits/client-table.ts';`],
  ['core imports no types of others', 'src/core/hash.ts', `import type { A } from '../net/a.ts';`],
  ['core imports no errors', 'src/core/bucket.ts', `import '../errors.ts';`],
  ['core imports nothing of Node', 'src/core/random.ts', `import 'node:crypto';`],
  ['core imports no package', 'src/limits/core/ewma.ts', `import { Pool } from 'undici';`],
  ['core re-exports nobody', 'src/core/again.ts', `export * from '../net/a.ts';`],
  ['core imports nothing lazily', 'src/core/lazy.ts', `export const a = import('../net/a.ts');`],
  ['core does not know its own concern', 'src/limits/core/a.ts', `import '../client-table.ts';`],
  ['core does not know the core of another concern', 'src/limits/core/a.ts', `import '../../breaker/core/a.ts';`],
  ['a concern imports nothing above it', 'src/limits/a.ts', `import '../balancing/pool.ts';`],
  ['a concern takes no types from above it', 'src/net/a.ts', `import type { A } from '../limits/a.ts';`],
  ['errors import no concern', 'src/errors.ts', `import './net/a.ts';`],
  ['what both planes load is not the control thread’s', 'src/limits/a.ts', `import './control/a.ts';`],
  ['what both planes load is not a traffic thread’s', 'src/balancing/a.ts', `import './traffic/a.ts';`],
  ['a traffic thread loads no control code', 'src/connections/a.ts', `import '../limits/control/a.ts';`],
  ['nor in the plugins', 'plugins/traffic/a.ts', `import '../../src/limits/control/a.ts';`],
  ['a traffic thread loads no database', 'src/gateway/traffic/a.ts', `import '../../../drizzle/tables.ts';`],
  ['a traffic thread loads no bodies of the API', 'plugins/traffic/a.ts', `import '../../src/limits/api/client.ts';`],
  ['the control thread loads no traffic code', 'src/gateway/control/a.ts', `import '../traffic/worker.ts';`],
  ['nor in the plugins', 'plugins/admin/a.ts', `import '../../src/forwarding/relay.ts';`],
  ['only gateway and cli know the database', 'src/limits/control/a.ts', `import '../../../drizzle/tables.ts';`],
  ['only gateway and cli know plugins', 'src/limits/a.ts', `import type { A } from '../../plugins/admin/a.ts';`],
  ['a concern does not know the bodies of the API', 'src/limits/a.ts', `import type { A } from './api/client.ts';`],
  ['the bodies of the API run no control code', 'src/limits/api/a.ts', `import '../control/a.ts';`],
  ['a plugin imports no neighbour', 'plugins/admin/a.ts', `import './auth.ts';`],
  ['a plugin imports no plugin of the other plane', 'plugins/admin/a.ts', `import '../traffic/a.ts';`],
  ['a plugin imports no plugin of a folder beside it', 'plugins/admin/routes/a.ts', `import '../base/auth.ts';`],
  [
    'a folder in plugins/admin is of the same plane',
    'plugins/admin/base/a.ts',
    `import '../../../src/forwarding/a.ts';`,
  ],
  ['a plugin imports no database', 'plugins/admin/a.ts', `import '../../drizzle/tables.ts';`],
  ['a plugin is below the gateway', 'plugins/admin/a.ts', `import type { A } from '../../src/gateway/control/a.ts';`],
  ['a plugin runs no code of config', 'plugins/admin/a.ts', `import '../../src/config/load.ts';`],
  ['drizzle imports no plugin', 'drizzle/a.ts', `import '../plugins/admin/a.ts';`],
  ['drizzle runs no code of a concern', 'drizzle/a.ts', `import '../src/limits/a.ts';`],
  ['drizzle does not know the gateway', 'drizzle/a.ts', `import type { A } from '../src/gateway/a.ts';`],
  ['what ships imports no tool', 'src/cli/a.ts', `import '../../tools/demo.ts';`],
  ['what ships imports no test', 'src/cli/a.ts', `import '../../test/support/a.ts';`],
  ['nothing imports main', 'src/cli/a.ts', `import '../main.ts';`],
  ['the dashboard imports no concern', 'dashboard/src/a.ts', `import '../../src/limits/a.ts';`],
];

const ALLOWED: readonly [path: string, source: string][] = [
  ['src/core/a.ts', `import './hash.ts';`],
  ['src/limits/core/a.ts', `import './b.ts';\nimport '../../core/hash.ts';`],
  ['src/config/a.ts', `import '../limits/core/token-bucket.ts';\nimport '../net/a.ts';\nimport 'yaml';`],
  ['src/limits/a.ts', `import '../errors.ts';\nimport 'node:crypto';\nimport type { A } from './control/a.ts';`],
  ['src/limits/control/a.ts', `import '../a.ts';\nimport { type A } from '../../http/a.ts';`],
  ['src/forwarding/a.ts', `import '../routing/a.ts';\nimport '../limits/a.ts';`],
  ['src/limits/api/a.ts', `import '../../api/a.ts';\nimport '../a.ts';\nimport type { A } from '../control/a.ts';`],
  ['src/gateway/control/a.ts', `import '../../../drizzle/a.ts';\nimport '../../../plugins/admin/a.ts';`],
  ['src/gateway/traffic/a.ts', `import '../../../plugins/traffic/a.ts';\nimport '../../forwarding/a.ts';`],
  ['src/cli/a.ts', `import '../limits/api/client.ts';\nimport '../../drizzle/a.ts';`],
  ['drizzle/a.ts', `import 'drizzle-orm';\nimport '../src/errors.ts';\nimport type { A } from '../src/limits/a.ts';`],
  ['plugins/admin/a.ts', `import '../../src/limits/api/client.ts';\nimport '../../src/limits/control/a.ts';`],
  ['plugins/admin/base/a.ts', `import '../../../src/limits/api/client.ts';`],
  ['plugins/traffic/a.ts', `import '../../src/forwarding/a.ts';\nimport '../../src/core/hash.ts';`],
  ['dashboard/src/a.ts', `import '../../src/telemetry/core/a.ts';\nimport 'react';`],
  ['tools/a.ts', `import '../src/cli/a.ts';`],
  ['test/unit/a.ts', `import '../../src/main.ts';`],
];

describe('the import rules', () => {
  for (const [claim, path, source] of REFUSED) {
    test(`${claim} (${path})`, () => {
      const found = faults(path, source);
      assert.equal(found.length, 1);
      assert.equal(typeof found[0], 'string');
    });
  }

  for (const [path, source] of ALLOWED) {
    test(`${path} may import what it does`, () => {
      const found = faults(path, source);
      assert.equal(found.length, source.split('\n').length);
      assert.deepEqual([...new Set(found)], [undefined]);
    });
  }
});

test('an import is found in any form', () => {
  const source = `import a, { type B } from './a.ts';
import {
  c,
  d,
} from './b.ts';
export type { E } from './c.ts';
const f = (await import('./d.ts')) as typeof import('./e.ts');
import { type G, type H } from './f.ts';`;
  assert.deepEqual(importsOf(source), [
    { to: './a.ts', isType: false, isLazy: false },
    { to: './b.ts', isType: false, isLazy: false },
    { to: './c.ts', isType: true, isLazy: false },
    { to: './d.ts', isType: false, isLazy: true },
    { to: './e.ts', isType: true, isLazy: false },
    { to: './f.ts', isType: true, isLazy: false },
  ]);
});

test('every folder under src is named in the rules', () => {
  const known = ['core', ...Object.keys(API_FOLDERS), ...Object.keys(CONCERNS)];
  const folders = new Set(globSync('src/*/**/*.ts', { cwd: root }).map((path) => path.split('/')[1]!));
  assert.deepEqual([...folders].sort(), known.toSorted());
});

test('no folder of sources has more than 20 files', () => {
  const counts = new Map<string, number>();
  for (const path of globSync('{src,plugins,drizzle,tools}/**/*.ts', { cwd: root })) {
    if (path.includes('node_modules')) continue;
    const folder = path.slice(0, path.lastIndexOf('/'));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  assert.deepEqual(
    [...counts].filter(([, count]) => count > 20),
    [],
  );
});

test('no files of the sources import each other, directly or by way of others', () => {
  const files = globSync('{src,plugins,drizzle,tools}/**/*.ts', { cwd: root }).filter(
    (path) => !path.includes('node_modules'),
  );
  const imports = new Map(
    files.map((path) => {
      const folder = join(root, path, '..');
      const targets = importsOf(readFileSync(join(root, path), 'utf8')).filter(
        ({ to, isLazy }) => to.startsWith('.') && !isLazy,
      );
      return [join(root, path), targets.map(({ to }) => join(folder, to))] as const;
    }),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) {
      cycles.push([...trail.slice(trail.indexOf(file)), file].map((each) => each.slice(root.length + 1)).join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const next of imports.get(file) ?? []) walk(next, [...trail, file]);
    done.add(file);
  };
  for (const file of imports.keys()) walk(file, []);
  assert.deepEqual(cycles, []);
});

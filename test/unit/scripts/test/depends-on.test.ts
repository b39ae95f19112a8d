import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { projectFiles } from '../../../../scripts/test/changed-files.ts';
import { testsThatDependOn } from '../../../../scripts/test/depends-on.ts';

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{}',
  'docs/page.md': '',
  'src/a.ts': `import { b } from './b.ts';`,
  'src/b.ts': `import type { T } from './types.ts';`,
  'src/types.ts': '',
  'src/lazy.ts': `export const load = () => import('./b.ts');`,
  'src/main.ts': `new Worker(new URL('./worker.ts', import.meta.url));`,
  'src/worker.ts': '',
  'scripts/built.js': '',
  'bin/sluice.js': `import { resolveBuilt } from '../scripts/built.js';`,
  'test/support/process.ts': `spawn('node', ['bin/sluice.js']);`,
  'test/unit/a.test.ts': `import { a } from '../../src/a.ts';`,
  'test/unit/lazy.test.ts': `import { load } from '../../src/lazy.ts';`,
  'test/unit/page.test.ts': `readFileSync(join(import.meta.dirname, '../../docs/page.md'));`,
  'test/unit/circle.test.ts': `import './circle.test.ts';`,
  'test/gateway/start.test.ts': `import { start } from '../support/process.ts';`,
};
const TESTS = Object.keys(FILES).filter((path) => path.endsWith('.test.ts'));

function dependOn(...changed: readonly string[]): readonly string[] {
  return testsThatDependOn(changed, TESTS, { paths: new Set(Object.keys(FILES)), read: (path) => FILES[path]! });
}

const CASES: readonly [claim: string, changed: string, tests: readonly string[]][] = [
  ['a file that is imported by one that is imported', 'src/b.ts', ['test/unit/a.test.ts', 'test/unit/lazy.test.ts']],
  ['a file of tests itself', 'test/unit/circle.test.ts', ['test/unit/circle.test.ts']],
  ['a file of which only types are taken', 'src/types.ts', []],
  ['a file that is read', 'docs/page.md', ['test/unit/page.test.ts']],
  ['a worker of the program', 'src/worker.ts', ['test/gateway/start.test.ts']],
  ['the packages', 'package.json', TESTS],
  ['a file that nothing names', 'README.md', []],
];

for (const [claim, changed, tests] of CASES) {
  test(`a change has its tests: ${claim}`, () => {
    assert.deepEqual(dependOn(changed), tests);
  });
}

test('a change in a concern reaches its tests and those of the whole gateway, and not those of its neighbours', () => {
  const paths = projectFiles();
  const tests = [...paths].filter((path) => path.endsWith('.test.ts'));
  const read = (path: string): string => readFileSync(path, 'utf8');
  const found = testsThatDependOn(['src/breaker/core/circuit-breaker.ts'], tests, { paths, read });
  for (const path of ['unit/breaker/core/circuit-breaker', 'gateway/stop', 'wire/circuit-breaker']) {
    assert.ok(found.includes(`test/${path}.test.ts`), path);
  }
  assert.ok(!found.includes('test/unit/net/cookie.test.ts'));
});

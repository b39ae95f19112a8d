import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstreamPath } from '../../../src/http/upstream-path.ts';

const path = (target: string, pathPrefix: string, stripPrefix: boolean, basePath = ''): string =>
  upstreamPath(target, { pathPrefix, stripPrefix }, { basePath });

test('a target goes on as it came, behind the base path of the backend', () => {
  assert.equal(path('/a%2Fb?x=1', '/', false), '/a%2Fb?x=1');
  assert.equal(path('/a', '/', true), '/a');
  assert.equal(path('/a', '/', false, '/base'), '/base/a');
});

test('a prefix that is stripped leaves a path that begins with a slash', () => {
  assert.equal(path('/api/x?y', '/api', true), '/x?y');
  assert.equal(path('/api', '/api', true), '/');
  assert.equal(path('/api?y', '/api', true), '/?y');
  assert.equal(path('/api/x', '/api', true, '/base'), '/base/x');
  assert.equal(path('/api/x', '/api', false), '/api/x');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IgnoredPaths, jsonDifferences } from '../../../../src/cli/replay/compare-json.ts';

const paths = (expected: unknown, found: unknown, ...ignored: string[]): string[] =>
  jsonDifferences(expected, found, new IgnoredPaths(ignored)).map(({ path }) => path);

test('the same values have no difference, whatever the order of their keys', () => {
  assert.deepEqual(paths({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }), []);
  assert.deepEqual(paths(5, 5), []);
});

test('each difference is named with its path and both values', () => {
  const expected = { user: { name: 'a', age: 3 }, list: [1, 2], gone: true };
  const found = { user: { name: 'b', age: '3' }, list: [1, 2, 3], added: {} };
  assert.deepEqual(jsonDifferences(expected, found, new IgnoredPaths([])), [
    { path: 'user.name', expected: '"a"', found: '"b"' },
    { path: 'user.age', expected: '3', found: '"3"' },
    { path: 'list.2', expected: undefined, found: '3' },
    { path: 'gone', expected: 'true', found: undefined },
    { path: 'added', expected: undefined, found: '{}' },
  ]);
});

test('a list is no object, and null is neither', () => {
  assert.deepEqual(paths({ a: [] }, { a: {} }), ['a']);
  assert.deepEqual(paths({ a: null }, { a: {} }), ['a']);
  assert.deepEqual(paths([], {}), ['']);
});

test('what is ignored may differ, with everything below it', () => {
  const expected = {
    id: 1,
    items: [
      { id: 1, n: { x: 1 } },
      { id: 2, n: { x: 2 } },
    ],
  };
  const found = {
    id: 2,
    items: [
      { id: 3, n: { x: 4 } },
      { id: 5, n: { x: 2 } },
    ],
  };
  assert.deepEqual(paths(expected, found), ['id', 'items.0.id', 'items.0.n.x', 'items.1.id']);
  assert.deepEqual(paths(expected, found, 'id', 'items.*.id', 'items.0.n'), []);
  assert.deepEqual(paths(expected, found, 'items'), ['id']);
});

test('what was masked equals anything', () => {
  assert.deepEqual(paths({ token: '***', a: 1 }, { token: { x: 1 }, a: 2 }), ['a']);
});

test('long values are cut', () => {
  const [difference] = jsonDifferences('x'.repeat(100), 1, new IgnoredPaths([]));
  assert.equal(difference!.expected!.length, 61);
});

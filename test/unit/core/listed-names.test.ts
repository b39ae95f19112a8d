import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listedNames } from '../../../src/core/listed-names.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}`);

test('ten names are listed, of more the first ten and how many are left', () => {
  assert.equal(listedNames([]), '');
  assert.equal(listedNames(names(10)), 'n0, n1, n2, n3, n4, n5, n6, n7, n8, n9');
  assert.equal(listedNames(names(12)), 'n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more');
  assert.equal(
    listedNames(names(2), (name) => `<${name}>`),
    '<n0>, <n1>',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeriesTable } from '../../../src/core/series.ts';

const read = (table: SeriesTable, key: string) => table.read(key).map(({ at, figures }) => [at, ...figures]);

test('points come back oldest first, and the oldest makes room', () => {
  const table = new SeriesTable(3, 2);
  for (const at of [1, 2, 3, 4]) {
    table.begin(at);
    table.set('a', 0, at * 10);
    table.set('a', 1, at * 100);
  }
  assert.deepEqual(read(table, 'a'), [
    [2, 20, 200],
    [3, 30, 300],
    [4, 40, 400],
  ]);
});

test('unset values are unknown: before a key came, and when it is silent', () => {
  const table = new SeriesTable(3, 1);
  table.begin(1);
  table.set('a', 0, 1);
  table.begin(2);
  table.set('b', 0, 2);
  assert.deepEqual(read(table, 'a'), [
    [1, 1],
    [2, NaN],
  ]);
  assert.deepEqual(read(table, 'b'), [
    [1, NaN],
    [2, 2],
  ]);
});

test('a key that is not kept is forgotten; one that is not there has no points', () => {
  const table = new SeriesTable(2, 1);
  table.begin(1);
  table.set('a', 0, 1);
  table.set('b', 0, 1);
  table.keep(new Set(['b']));
  assert.deepEqual([table.read('a'), table.read('c'), table.read('b').length], [[], [], 1]);
});

test('sizes under one are refused', () => {
  assert.throws(() => new SeriesTable(0, 1), RangeError);
  assert.throws(() => new SeriesTable(1, 0), RangeError);
});

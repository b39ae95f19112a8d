import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocatePluginCounters, PluginCounterTable } from '../../../src/runtime/plugin-counter-table.ts';

test('a name has one cell, on every thread', () => {
  const buffers = allocatePluginCounters(2);
  const [one, other] = [new PluginCounterTable(buffers), new PluginCounterTable(buffers)];
  const cell = one.cell('tenant', 'seen');
  assert.equal(other.cell('tenant', 'seen'), cell);
  assert.notEqual(other.cell('tenant', 'seen2'), cell);
  assert.notEqual(other.cell('tenan', 'tseen'), cell);
  one.add(cell, 2);
  other.add(cell, 3);
  assert.equal(one.get(cell), 5);
  assert.deepEqual(one.list(), [
    { plugin: 'tenant', counter: 'seen', value: 5 },
    { plugin: 'tenant', counter: 'seen2', value: 0 },
    { plugin: 'tenan', counter: 'tseen', value: 0 },
  ]);
});

test('with 256 names all cells are in use: further counters count nothing', () => {
  const table = new PluginCounterTable(allocatePluginCounters(1));
  for (let at = 0; at < 256; at += 1) assert.equal(table.cell('p', `c${at}`), at);
  const none = table.cell('p', 'more');
  assert.equal(none, -1);
  table.add(none, 1);
  assert.equal(table.get(none), 0);
  assert.equal(table.cell('p', 'c7'), 7);
});

test('a name that does not fit has no cell', () => {
  const table = new PluginCounterTable(allocatePluginCounters(1));
  assert.equal(table.cell('p'.repeat(40), 'c'.repeat(40)), 0);
  assert.equal(table.cell('p'.repeat(60), 'c'.repeat(40)), -1);
});

test('it knows whose hook keeps a thread busy', () => {
  const table = new PluginCounterTable(allocatePluginCounters(2));
  table.mark(1, 3);
  assert.deepEqual([table.runningOn(0), table.runningOn(1)], [0, 3]);
  table.mark(1, 0);
  assert.equal(table.runningOn(1), 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countTraffic, trafficBetween } from '../../../src/control/traffic-sample.ts';
import { BackendRow } from '../../../src/state/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../src/state/backend-table.ts';

test('a sample is what came between two looks, over all threads', () => {
  const table = new BackendTable(allocateBackendTable(2));
  table.occupy(0, 1, true);
  const rows = [new BackendRow(table, 0), new BackendRow(table, 1)];
  rows[0]!.counted(0, true, 0, 10_000);
  rows[0]!.answered(0, 1000, 0);
  const before = countTraffic(table, 0);
  assert.deepEqual(trafficBetween(before, before), { samples: 0, errorRate: 0, latencyMs: null });
  for (const row of rows) {
    row.counted(0, false, 1, 10_000);
    row.counted(0, row === rows[1], 1, 10_000);
    row.answered(0, row === rows[0] ? 10 : 30, 1);
  }
  const { samples, errorRate, latencyMs } = trafficBetween(before, countTraffic(table, 0));
  assert.deepEqual([samples, errorRate], [4, 0.25]);
  assert.ok(Math.abs(latencyMs! - 20) < 1.3, `${latencyMs}`);
});

test('counters that were set back count from zero', () => {
  const table = new BackendTable(allocateBackendTable(1));
  table.occupy(0, 1, true);
  const row = new BackendRow(table, 0);
  for (let count = 0; count < 5; count += 1) row.counted(0, true, 0, 10_000);
  const before = countTraffic(table, 0);
  table.occupy(0, 1, true);
  row.counted(0, false, 0, 10_000);
  assert.deepEqual(trafficBetween(before, countTraffic(table, 0)), { samples: 1, errorRate: 0, latencyMs: null });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countTraffic, trafficBetween } from '../../../../src/balancing/control/traffic-sample.ts';
import { BackendRow } from '../../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../../src/backends/backend-table.ts';

test('a sample is what came between two looks, over all threads', () => {
  const table = new BackendTable(allocateBackendTable(2));
  table.occupy(0, 1, true);
  const rows = [new BackendRow(table, 0), new BackendRow(table, 1)];
  const serve = (row: BackendRow, latencyMs: number, status: number, isBad: boolean): void => {
    row.answered(0, latencyMs, 0, status);
    row.judged(0, isBad, 0);
    row.counted(0, false, 0, 10_000);
  };
  serve(rows[0]!, 1000, 200, false);
  const before = countTraffic(table, 0);
  assert.deepEqual(trafficBetween(before, before), { samples: 0, errorRate: 0, latencyMs: null });
  serve(rows[0]!, 10, 200, false);
  serve(rows[0]!, 0.1, 404, false);
  serve(rows[1]!, 0.1, 500, true);
  serve(rows[1]!, 30, 302, false);
  assert.deepEqual(trafficBetween(before, countTraffic(table, 0)), { samples: 4, errorRate: 0.25, latencyMs: 20 });
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

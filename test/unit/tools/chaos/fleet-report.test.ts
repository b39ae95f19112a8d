import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fleetTable } from '../../../../tools/chaos/fleet/fleet-report.ts';
import type { FleetResult } from '../../../../tools/chaos/fleet/run-fleet-fault.ts';

const passed: FleetResult = {
  name: 'redis-hangs',
  expects: 'shares',
  verdict: 'passed',
  reasons: [],
  sent: 1200,
  failed: 0,
  failures: {},
  admitted: 299,
  allowed: 300,
  p95Ms: 5,
  backMs: 640,
};

test('a fault that passed is a line', () => {
  const [head, , line, , summary] = fleetTable([passed]).split('\n');
  assert.equal(head, 'fault        sent  failed  admitted  allowed  back after  verdict');
  assert.equal(line, 'redis-hangs  1200       0       299      300       0.6 s  passed');
  assert.equal(summary, 'chaos: 1 passed, 0 failed');
});

test('one that failed is explained', () => {
  const failed: FleetResult = {
    ...passed,
    verdict: 'FAILED',
    reasons: ['admitted 2.00 of the limit, expected 0.75 to 1.15'],
    failures: { 'GET 502': 3 },
    backMs: null,
  };
  const text = fleetTable([passed, failed]);
  assert.match(text, /^redis-hangs .* never  FAILED$/m);
  assert.match(text, /redis-hangs: FAILED\n +expected: shares\n +found: admitted 2\.00 .*\n +failures: 3 × GET 502\n/);
  assert.match(text, /chaos: 1 passed, 1 failed$/);
});

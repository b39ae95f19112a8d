/** One set of numbers for the dashboard's verdict and the Prometheus alert rules. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ALERT_THRESHOLDS } from '../../../src/telemetry/core/alert-thresholds.ts';

const rules = new Map(
  (
    parse(readFileSync(new URL('../../../docker/prometheus/rules/sluice.yml', import.meta.url), 'utf8')) as {
      groups: { rules: { alert: string; expr: string }[] }[];
    }
  ).groups.flatMap(({ rules: all }) => all.map(({ alert, expr }) => [alert, expr] as const)),
);

/** Numbers that the expression compares with, in its order. */
function thresholds(alert: string): number[] {
  return [...rules.get(alert)!.matchAll(/> ([0-9.]+)/g)].map(([, number]) => Number(number));
}

test('the alert rules and the dashboard judge by the same thresholds', () => {
  const { errorShare, refusedShare, p95Seconds, minRequestsPerSecond } = ALERT_THRESHOLDS;
  assert.deepEqual(thresholds('SluiceHighErrorShare'), [errorShare, minRequestsPerSecond]);
  assert.deepEqual(thresholds('SluiceRefusesMuch'), [refusedShare, minRequestsPerSecond]);
  assert.deepEqual(thresholds('SluiceSlow'), [p95Seconds]);
});

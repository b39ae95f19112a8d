import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { table } from '../../../../tools/chaos/chaos-report.ts';
import type { FaultResult } from '../../../../tools/chaos/run-fault.ts';

describe('the report of a chaos run', () => {
  test('a fault that passed is a line', () => {
    const [, , row, , summary] = table([result()]).split('\n');
    assert.match(row!, /^kill +100 +0 +2 +1\.5 s +\+3 MiB +passed$/);
    assert.equal(summary, 'chaos: 1 passed, 0 failed, 0 skipped');
  });

  test('one that failed says what was expected and what was found', () => {
    const failed = result({ verdict: 'FAILED', reasons: ['not back'], backMs: null, failures: { 'GET 502': 7 } });
    const text = table([failed]);
    assert.match(text, /never/);
    assert.match(text, /kill: FAILED\n {2}expected: no GET fails\n {2}found: not back\n {2}failures: 7 × GET 502/);
  });

  test('one that was skipped says why', () => {
    assert.match(table([result({ verdict: 'skipped', reasons: ['no mount'] })]), /kill: skipped: no mount/);
  });
});

function result(change: Partial<FaultResult> = {}): FaultResult {
  return {
    name: 'kill',
    expects: 'no GET fails',
    verdict: 'passed',
    reasons: [],
    note: '',
    sent: 100,
    failedIdempotent: 0,
    failedOther: 2,
    failures: {},
    backMs: 1500,
    rssGrowthMiB: 3,
    ...change,
  };
}

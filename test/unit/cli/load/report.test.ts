import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judged, skipped, type Check } from '../../../../src/cli/load/profile.ts';
import { progressLine } from '../../../../src/cli/load/progress.ts';
import { resultLines, verdictOf } from '../../../../src/cli/load/report.ts';

const check = (passed: boolean): Check => ({ claim: 'all is well', found: '9 of 10', passed });
const nothing = { notes: [], load: null, share: null };
const passed = judged('basic', [check(true), check(true)], nothing);
const failed = judged('stress', [check(true), check(false)], nothing);

describe('the verdict of a load', () => {
  test('one check that fails, fails the profile; one profile that fails, fails the run', () => {
    assert.equal(passed.verdict, 'passed');
    assert.equal(failed.verdict, 'failed');
    assert.deepEqual(verdictOf([passed, failed]), { passed: false, line: 'FAILED: 1 passed, 1 failed' });
  });

  test('a skipped profile is no failure, unless nothing ran', () => {
    const left = skipped('limit', 'no admin API');
    assert.deepEqual(verdictOf([passed, left]), { passed: true, line: 'PASSED: 1 passed, 1 skipped' });
    assert.equal(verdictOf([left]).passed, false);
  });

  test('each check is shown with what was found, and shares in order', () => {
    const share = { backends: { b10: 30, b2: 10 }, mean: 20, deviation: 10, variation: 0.5 };
    const lines = resultLines({ ...failed, share }).join('\n');
    assert.match(lines, /^stress: FAILED\n {2}ok {3}all is well: 9 of 10\n {2}NOT {2}all is well: 9 of 10\n/);
    assert.match(lines, /variation 50 %\n +b2 .*10 \(25 %\)\n +b10 .*30 \(75 %\)/);
  });
});

describe('the progress bar', () => {
  test('goes by requests where these end the burst', () => {
    const line = progressLine({ named: 'basic', answers: 25, requests: 50, elapsedMs: 0 });
    assert.equal(line, `basic        [${'#'.repeat(15)}${'.'.repeat(15)}]  50 %  25 answers`);
  });

  test('goes by time elsewhere, and never beyond its end', () => {
    assert.match(
      progressLine({ named: 'stress', answers: 9, durationMs: 1000, elapsedMs: 5000 }),
      / 100 % {2}9 answers$/,
    );
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestLine } from '../../../../scripts/test/result.ts';
import { Tally } from '../../../../scripts/test/tally.ts';

const passed: TestLine = {
  kind: 'test',
  entry: 'test/wire/a.test.ts',
  file: 'test/wire/a.test.ts',
  line: 3,
  names: ['a suite', 'a'],
  type: 'test',
  outcome: 'passed',
  ms: 1,
};
const failed: TestLine = { ...passed, line: 4, names: ['a suite', 'b'], outcome: 'failed', error: 'Error: no' };

function tallyOf(...lines: readonly Parameters<Tally['add']>[0][]): Tally {
  const tally = new Tally('wire', 3, false);
  for (const line of lines) tally.add(line);
  return tally;
}

test('the progress names the files that run', () => {
  const tally = tallyOf(
    { kind: 'start', entry: 'test/wire/a.test.ts' },
    { kind: 'start', entry: 'test/wire/b.test.ts' },
    passed,
    { kind: 'end', entry: 'test/wire/a.test.ts' },
  );
  assert.equal(tally.progress(), 'wire 1/3 files, 1 passed: b');
});

test('in one process, a file ends when the next begins', () => {
  const tally = new Tally('unit', 3, true);
  for (const entry of ['test/unit/a.test.ts', 'test/unit/b.test.ts']) tally.add({ kind: 'start', entry });
  assert.equal(tally.progress(), 'unit 1/3 files, 0 passed: b');
});

test('a suite that runs into its limit has the results so far, and one failure that names what still ran', () => {
  const tally = tallyOf({ kind: 'start', entry: 'test/wire/a.test.ts' }, passed, failed);
  tally.end('time limit', '');
  assert.deepEqual(tally.counts, { passed: 1, failed: 2, skipped: 0 });
  assert.equal(tally.failures().at(-1), 'wire: it ran into its time limit; running: test/wire/a.test.ts');
});

test('the counts at the end are Node’s own', () => {
  const tally = tallyOf(passed, { kind: 'totals', passed: 7, failed: 0, skipped: 1 });
  tally.end('0', '');
  assert.deepEqual(tally.counts, { passed: 7, failed: 0, skipped: 1 });
});

test('a failure shows position, names, error, and the last output of its file', () => {
  const printed = 'x'.repeat(5000);
  const tally = tallyOf({ kind: 'output', entry: failed.entry, text: `${printed}end\n` }, passed, failed);
  const [failure, output, ...more] = tally.failures();
  assert.equal(failure, 'test/wire/a.test.ts:4\n  a suite › b\n    Error: no');
  assert.match(output!, /^test\/wire\/a\.test\.ts printed last:\n {4}x{3996}end$/);
  assert.deepEqual(more, []);
});

test('a failure in a shared suite names the file that ran it', () => {
  const [failure] = tallyOf({ ...failed, file: 'test/wire/shared.ts' }).failures();
  assert.match(failure!, /^test\/wire\/shared\.ts:4 \(by test\/wire\/a\.test\.ts\)\n/);
});

test('a suite that fails although no test does reports why', () => {
  const files = [{ path: 'src/core/f.ts', lines: [1, 2] }];
  const tally = tallyOf(passed, { kind: 'coverage', percent: 50, files });
  tally.add({ kind: 'totals', passed: 1, failed: 0, skipped: 0 });
  tally.end('1', 'a line of Node’s\n');
  assert.deepEqual(tally.counts, { passed: 1, failed: 1, skipped: 0 });
  assert.deepEqual(tally.failures(), [
    'wire: exit 1\n50.00 % of the lines are covered\n  src/core/f.ts: no test runs lines 1 2\na line of Node’s',
  ]);
});

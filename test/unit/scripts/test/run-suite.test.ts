import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSuite } from '../../../../scripts/test/run-suite.ts';
import type { ResultLine, TestLine } from '../../../../scripts/test/result.ts';
import { eventually } from '../../../support/eventually.ts';

test('a run that is ended has handed on what passed before, and leaves no process', async (t) => {
  const source = `
    import { spawn } from 'node:child_process';
    import { test } from 'node:test';
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    console.log('pid', child.pid);
    test('a', () => {});
    test('b', { timeout: 1e9 }, () => new Promise(() => setInterval(() => {}, 1000)));`;
  const limit = new AbortController();
  const lines: ResultLine[] = [];
  const { exit } = await runIn(t, source, limit.signal, (line) => {
    lines.push(line);
    if (lines.some(isTest) && lines.some(({ kind }) => kind === 'output')) limit.abort();
  });
  assert.equal(exit, 'time limit');
  assert.deepEqual(
    lines.filter(isTest).map(({ names, outcome }) => ({ names, outcome })),
    [{ names: ['a'], outcome: 'passed' }],
  );
  const pid = Number(/pid (\d+)/.exec(lines.flatMap((line) => (line.kind === 'output' ? line.text : '')).join(''))![1]);
  await eventually('its child has ended', () => !isRunning(pid));
});

test('a result has its names from the outside in, where it stands, and what it threw without the runner’s calls', async (t) => {
  // Text of a test file, run as one: its skipped test is what the runner has to count.
  const source = `import { describe, test } from 'node:test';
    describe('outer', () => {
      test('passes', () => {});
      test('has inner', async (t) => {
        await t.test('fails', () => { throw new Error('no', { cause: { code: 7 } }); });
      });
      test('skipped', { skip: true }, () => {});
    });`;
  const lines: ResultLine[] = [];
  await runIn(t, source, new AbortController().signal, (line) => void lines.push(line));
  const results = lines.filter(isTest);
  assert.deepEqual(
    results.map(({ names, line, type, outcome }) => [names.join(' › '), line, type, outcome]),
    [
      ['outer › passes', 3, 'test', 'passed'],
      ['outer › has inner › fails', 5, 'test', 'failed'],
      ['outer › has inner', 4, 'test', 'failed'],
      ['outer › skipped', 7, 'test', 'skipped'],
      ['outer', 2, 'suite', 'failed'],
    ],
  );
  const [error, ...more] = results.flatMap((each) => each.error ?? []);
  assert.match(error!, /^Error: no\n +at .*a\.test\.ts:5:\d+\)[^]*code: 7/);
  assert.doesNotMatch(error!, /test_runner/);
  assert.deepEqual(more, []);
  assert.deepEqual(lines.at(-1), { kind: 'totals', passed: 1, failed: 2, skipped: 1 });
});

async function runIn(
  t: { after(fn: () => void): void },
  source: string,
  limit: AbortSignal,
  onLine: (line: ResultLine) => void,
): ReturnType<typeof runSuite> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-run-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'a.test.ts');
  writeFileSync(file, source);
  return runSuite({ node: process.execPath, args: [file], limit, isVerbose: false, onLine });
}

function isTest(line: ResultLine): line is TestLine {
  return line.kind === 'test';
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

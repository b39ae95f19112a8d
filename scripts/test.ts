/**
 * `npm test`: every suite after the other, then one line `N passed, N failed`.
 * `npm test -- unit wire` runs those; words with a dash go to Node: `npm test -- unit --test-name-pattern=bucket`.
 * `npm test -- wire --node=26` runs them on another Node, which `npm ci --prefix tools/node-26` installs.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { COVERED } from './covered.ts';
import { ranTestsPath, type RanTest } from './ran-tests.ts';
import type { Summary, Totals } from './summary-reporter.ts';

/** A suite that takes longer is ended and has failed, ms. */
const suiteTimeoutMs = 8 * 60_000;

/** One process for all files is much faster; real sockets and databases get a process per file. */
const inOneProcess = ['--test-isolation=none'];

/** Pure algorithms and shared memory are cheap to test fully, and dear to debug. */
const coverage = [
  '--experimental-test-coverage',
  ...COVERED.map((glob) => `--test-coverage-include=${glob}`),
  '--test-coverage-lines=95',
  `--import=${join(import.meta.dirname, 'load-covered.ts')}`,
];

/** Cheapest first. Each is the folder test/NAME. */
const suites: Readonly<Record<string, readonly string[]>> = {
  unit: [...inOneProcess, ...coverage],
  plugins: inOneProcess,
  wire: [],
  db: [],
  gateway: [],
  operations: [],
  // Chromium is heavy: one file at a time.
  browser: ['--test-concurrency=1'],
};

const NODE_FLAG = '--node=';

const words = process.argv.slice(2);
const flags = words.filter((word) => word.startsWith('-') && !word.startsWith(NODE_FLAG));
const named = words.filter((word) => !word.startsWith('-'));
const node = nodeToRun(words.find((word) => word.startsWith(NODE_FLAG))?.slice(NODE_FLAG.length));
const unknown = named.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`No such suite: ${unknown.join(', ')}. There are: ${Object.keys(suites).join(', ')}.`);
  process.exit(1);
}

// What an earlier run left says nothing about this one.
rmSync(ranTestsPath, { force: true });
const ran: RanTest[] = [];
const all = { passed: 0, failed: 0 };
for (const name of named.length > 0 ? named : Object.keys(suites)) {
  const { passed, failed } = await runSuite(name);
  all.passed += passed;
  all.failed += failed;
}
mkdirSync(dirname(ranTestsPath), { recursive: true });
writeFileSync(ranTestsPath, JSON.stringify(ran));
process.exitCode = all.failed > 0 || all.passed === 0 ? 1 : 0;
console.log(`${all.passed} passed, ${all.failed} failed`);

/** Undefined: the Node that runs this. */
function nodeToRun(major: string | undefined): string {
  if (major === undefined) return process.execPath;
  const path = join(import.meta.dirname, `../tools/node-${major}/node_modules/.bin/node`);
  if (existsSync(path)) return path;
  console.error(`Node ${major} is not installed: npm ci --prefix tools/node-${major}`);
  process.exit(1);
}

async function runSuite(name: string): Promise<Pick<Totals, 'passed' | 'failed'>> {
  const files = globSync(`test/${name}/**/*.test.ts`).sort();
  console.log(`\n== ${name}: ${files.length} files`);
  if (files.length === 0) {
    // A suite that vanished must not pass for one that is green.
    const isMissing = process.env['CI'] === 'true';
    console.log(`== ${name}: ${isMissing ? 'failed, it has no tests' : 'has no tests (a failure in CI)'}`);
    return { passed: 0, failed: isMissing ? 1 : 0 };
  }
  const startedAt = Date.now();
  const { totals, exit } = await runNode(name, files);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `== ${name}: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped in ${seconds} s`,
  );
  // Coverage below its limit, a crash, an unhandled rejection after the last test.
  const failedOtherwise = exit !== '0' && totals.failed === 0;
  if (failedOtherwise) console.log(`== ${name}: failed though no test did (exit ${exit}): see the last lines above`);
  return { passed: totals.passed, failed: totals.failed + (failedOtherwise ? 1 : 0) };
}

async function runNode(name: string, files: readonly string[]): Promise<{ totals: Totals; exit: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const summary = join(folder, 'summary.json');
  const reporters = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${join(import.meta.dirname, 'summary-reporter.ts')}`,
    `--test-reporter-destination=${summary}`,
  ];
  const ofSuite = suites[name] ?? [];
  // A pattern runs a few tests only: their coverage says nothing.
  const options = flags.length > 0 ? ofSuite.filter((option) => !coverage.includes(option)) : ofSuite;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(node, ['--test', '--test-timeout=60000', ...options, ...reporters, ...flags, ...files], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...env, NODE_ENV: 'test' },
    timeout: suiteTimeoutMs,
  });
  const exit = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(String(code ?? signal)));
  });
  const { ran: own, ...totals } = readSummary(summary);
  ran.push(...own);
  rmSync(folder, { recursive: true });
  return { totals, exit };
}

/** A run that died before its end wrote no summary. */
function readSummary(path: string): Summary {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Summary;
  } catch {
    return { passed: 0, failed: 1, skipped: 0, ran: [] };
  }
}

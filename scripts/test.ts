/**
 * `npm test`: every suite, a line for each and for what fails, that once more in full, then one line `N passed, N failed`.
 * `npm test -- unit wire` runs those; `--changed` only files of tests that depend on what this branch changed.
 * `--verbose` shows every test, one suite after the other; `--coverage` measures that of the unit suite, as in CI.
 * Other words with a dash go to Node: `npm test -- unit --test-name-pattern=bucket`.
 * `npm test -- wire --node=26` runs them on another Node, which `npm ci --prefix tools/node-26` installs; `--without=cli,policies`
 * leaves out the files in folders of these names.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isBuildCurrent } from './built.js';
import { ranTestsPath, type RanTest } from './ran-tests.ts';
import { changedFiles, projectFiles } from './test/changed-files.ts';
import { testsThatDependOn } from './test/depends-on.ts';
import { groupFiles } from './test/group-files.ts';
import { Progress } from './test/progress.ts';
import { killAll, runSuite } from './test/run-suite.ts';
import type { ResultLine } from './test/result.ts';
import {
  BUILT_WORKERS,
  COVERAGE,
  FILES_PER_PROCESS,
  FIRST,
  inOneProcess,
  LONGEST,
  NEEDS_BUILD,
  NOT_COUNTED,
  SUITES,
} from './test/suites.ts';
import { Tally } from './test/tally.ts';

interface Work {
  /** Of the suite. */
  readonly name: string;
  readonly files: readonly string[];
  /** Such as `1 of 2`. Default: all of it. */
  readonly part?: string;
  /** Whether its coverage is measured. Default: false. */
  readonly isCounted?: boolean;
}

const NODE_FLAG = '--node=';
const LIMIT_FLAG = '--limit=';
const WITHOUT_FLAG = '--without=';
/** A suite that takes longer is ended and has failed, s. A CI machine may be busy with other work. */
const defaultLimit = process.env['CI'] === 'true' ? 20 * 60 : 8 * 60;
/** Entries of files that share a process. */
const groupsFolder = mkdtempSync(join(tmpdir(), 'sluice-tests-'));
/** Shown in CI. */
const slowestTests = 10;

const words = process.argv.slice(2);
const named = words.filter((word) => !word.startsWith('-'));
const unknown = named.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  console.error(`No such suite: ${unknown.join(', ')}. There are: ${Object.keys(SUITES).join(', ')}.`);
  process.exit(1);
}
const isOurs = (word: string): boolean =>
  ['--verbose', '--changed', '--coverage'].includes(word) ||
  [NODE_FLAG, LIMIT_FLAG, WITHOUT_FLAG].some((flag) => word.startsWith(flag));
const flags = words.filter((word) => word.startsWith('-') && !isOurs(word));
const node = nodeToRun(valueOf(NODE_FLAG));
const limitMs = Number(valueOf(LIMIT_FLAG) ?? defaultLimit) * 1000;
const isVerbose = words.includes('--verbose');
const isChangedOnly = words.includes('--changed');
const isCi = process.env['CI'] === 'true';
// Only some tests: their coverage means nothing.
const isCovered = (isCi || words.includes('--coverage')) && flags.length === 0 && !isChangedOnly;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll();
    rmSync(groupsFolder, { recursive: true, force: true });
    process.kill(process.pid, signal);
  });
}

// Results of an earlier run mean nothing for this one.
rmSync(ranTestsPath, { force: true });
const progress = new Progress(isVerbose);
const tallies: Tally[] = [];
const waiting = suitesToRun();
const isBuilt = waiting.some(({ name }) => NEEDS_BUILD.includes(name)) && buildIfStale();
await Promise.all(lanes().map((queues) => runLane(queues)));
progress.end();
rmSync(groupsFolder, { recursive: true });

const tests = tallies.flatMap((tally) => tally.tests);
mkdirSync(dirname(ranTestsPath), { recursive: true });
writeFileSync(ranTestsPath, JSON.stringify(tests.flatMap(ranTest)));
if (isCi) printSlowest();
printFailures();
const passed = tallies.reduce((sum, { counts }) => sum + counts.passed, 0);
const failed = tallies.reduce((sum, { counts }) => sum + counts.failed, 0);
const isNothingChanged = isChangedOnly && tallies.length === 0;
process.exitCode = failed > 0 || (passed === 0 && !isNothingChanged) ? 1 : 0;
console.log(`${passed} passed, ${failed} failed`);

function valueOf(flag: string): string | undefined {
  return words.find((word) => word.startsWith(flag))?.slice(flag.length);
}

/** Undefined: the Node that runs this. */
function nodeToRun(major: string | undefined): string {
  if (major === undefined) return process.execPath;
  const path = join(import.meta.dirname, `../tools/node-${major}/node_modules/.bin/node`);
  if (existsSync(path)) return path;
  console.error(`Node ${major} is not installed: npm ci --prefix tools/node-${major}`);
  process.exit(1);
}

function suitesToRun(): Work[] {
  const names = named.length > 0 ? named : Object.keys(SUITES);
  const left = (valueOf(WITHOUT_FLAG) ?? '').split(',');
  const isLeft = (file: string): boolean => file.split('/').some((folder) => left.includes(folder));
  const all = names.map((name) => {
    const files = globSync(`test/${name}/**/*.test.ts`).filter((file) => !isLeft(file));
    return { name, files: files.sort(longestFirst) };
  });
  if (!isChangedOnly) return all.flatMap(byCoverage);
  const read = (path: string): string => readFileSync(path, 'utf8');
  const chosen = new Set(
    testsThatDependOn(
      changedFiles(),
      all.flatMap(({ files }) => files),
      { paths: projectFiles(), read },
    ),
  );
  return all
    .map(({ name, files }) => ({ name, files: files.filter((file) => chosen.has(file)) }))
    .filter(({ files }) => files.length > 0);
}

/** The unit suite in two, if coverage is measured. */
function byCoverage(work: Work): readonly Work[] {
  if (work.name !== 'unit' || !isCovered) return [work];
  const [counted, rest] = [false, true].map((isLeft) =>
    work.files.filter((file) => NOT_COUNTED.test(file) === isLeft),
  ) as [string[], string[]];
  if (rest.length === 0) return [{ ...work, isCounted: true }];
  return [
    { name: 'unit', files: counted, part: 'with coverage', isCounted: true },
    { name: 'unit', files: rest, part: 'the rest' },
  ];
}

function longestFirst(a: string, b: string): number {
  const [x, y] = [a, b].map((file) => LONGEST.indexOf(file) + 1 || Infinity);
  return x === y ? (a < b ? -1 : 1) : x! - y!;
}

/**
 * Tests start processes and threads from dist/ if it is current: twice as fast. A failing build shows in those tests.
 */
function buildIfStale(): boolean {
  if (!existsSync('scripts/build.js')) return false;
  if (isBuildCurrent()) return true;
  return spawnSync(process.execPath, ['scripts/build.js', '--quiet'], { stdio: 'ignore' }).status === 0;
}

/**
 * Of each lane, where it takes its work from, one after the other. Two lanes: while one waits, or has reached its last file,
 * the other works. In CI, where the machine may be busy, each runs one file at a time for each two cores, and suites are
 * cut in two, so that both lanes end at about the same time. A third lane ended no sooner, and made programs so slow that they
 * gave up.
 */
function lanes(): readonly (readonly Work[][])[] {
  if (isVerbose || availableParallelism() === 1) return [[waiting]];
  // A long suite that begins last would be left alone.
  waiting.sort((a, b) => rank(a.name) - rank(b.name));
  if (isCi) {
    const single = waiting.filter(({ name }) => isInOneProcess(name));
    const halves = waiting.filter((work) => !single.includes(work)).flatMap(inHalves);
    return [[single, halves], [halves]];
  }
  return [[waiting], [waiting]];
}

/** Every other file each: of neighbours, one is often as slow as the other. */
function inHalves({ name, files }: Work): readonly Work[] {
  if (files.length < 2) return [{ name, files }];
  return [0, 1].map((half) => ({
    name,
    files: files.filter((_file, at) => at % 2 === half),
    part: `${half + 1} of 2`,
  }));
}

function isInOneProcess(name: string): boolean {
  return SUITES[name]!.includes(inOneProcess);
}

function rank(name: string): number {
  const at = FIRST.indexOf(name);
  return at === -1 ? FIRST.length : at;
}

async function runLane(queues: readonly Work[][]): Promise<void> {
  const take = (): Work | undefined => queues.find(({ length }) => length > 0)?.shift();
  for (let next = take(); next !== undefined; next = take()) {
    const { name, files, part, isCounted = false } = next;
    const label = part === undefined ? name : `${name} (${part})`;
    const isSingle = isInOneProcess(name);
    const concurrency = isCi ? Math.max(1, Math.floor(availableParallelism() / 2)) : availableParallelism();
    const options = [
      ...SUITES[name]!,
      ...(isSingle ? [] : [`--test-concurrency=${concurrency}`]),
      ...(isCounted ? COVERAGE : []),
    ];
    const tally = new Tally(label, files.length, isSingle);
    tallies.push(tally);
    if (files.length === 0) {
      // A missing suite must not look like a passing one.
      if (isCi) tally.end('it has no tests', '');
      progress.print(`== ${label}: ${isCi ? 'failed, it has no tests' : 'has no tests (a failure in CI)'}`);
      continue;
    }
    progress.add(tally);
    const startedAt = Date.now();
    const limit = AbortSignal.timeout(limitMs);
    // Coverage is that of the sources.
    const fromBuilt = isBuilt && !isCounted ? BUILT_WORKERS : [];
    const size = isChangedOnly ? 1 : (FILES_PER_PROCESS[name] ?? 1);
    const entries = groupFiles(files, size, join(groupsFolder, label.replaceAll(' ', '-')));
    const args = [`--test-timeout=${isCi ? 300_000 : 120_000}`, ...fromBuilt, ...options, ...flags, ...entries];
    const onLine = (line: ResultLine): void => {
      tally.add(line);
      if (!isVerbose && line.kind === 'test' && line.error !== undefined) {
        progress.print(`✖ ${line.file}:${line.line}  ${line.names.join(' › ')}`);
      }
    };
    // In one process there is one of each; and whatever is measured must not include it.
    const compileCache = isSingle ? undefined : resolve('node_modules/.cache/sluice-tests/compiled');
    const { exit, output } = await runSuite({ node, args, limit, isVerbose, compileCache, onLine });
    tally.end(exit, output);
    progress.remove(tally);
    const { passed, failed, skipped } = tally.counts;
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    progress.print(`== ${label}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
  }
}

function ranTest({ type, file, names, outcome, ms }: Tally['tests'][number]): readonly RanTest[] {
  if (type === 'file' || outcome === 'skipped') return [];
  return [{ file, name: names.at(-1)!, passed: outcome === 'passed', ms }];
}

function printSlowest(): void {
  const slowest = tests.filter(({ type }) => type === 'test').sort((a, b) => b.ms - a.ms);
  console.log('\nThe slowest tests:');
  for (const { ms, file, line, names } of slowest.slice(0, slowestTests)) {
    console.log(`${(ms / 1000).toFixed(1).padStart(6)} s  ${file}:${line}  ${names.join(' › ')}`);
  }
}

function printFailures(): void {
  const failures = tallies.flatMap((tally) => tally.failures());
  if (failures.length > 0) console.log(`\nWhat failed:\n\n${failures.join('\n\n')}\n`);
}

/** The suites, and how each runs. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { COVERED } from '../covered.ts';

/** One process for all files is much faster; real sockets and databases get a process per file. */
export const inOneProcess = '--test-isolation=none';

/** Most of them wait for sockets and processes most of the time. Node's default leaves a core idle. */
const aProcessPerFile = [`--test-concurrency=${availableParallelism()}`];

/** Each is the folder test/NAME. In the order in which they start. */
export const SUITES: Readonly<Record<string, readonly string[]>> = {
  unit: [inOneProcess],
  plugins: [inOneProcess],
  wire: aProcessPerFile,
  db: aProcessPerFile,
  redis: aProcessPerFile,
  gateway: aProcessPerFile,
  operations: aProcessPerFile,
  browser: aProcessPerFile,
};

/** How many files share a process; default: 1. Not where a test has a process, a database or a browser to itself. */
export const FILES_PER_PROCESS: Readonly<Record<string, number>> = { wire: 5, db: 4 };

/** Waits most for others: a good neighbour of the suites that keep one core busy. */
export const BESIDE_ONE_PROCESS = 'db';

/** Begin first, in this order, where suites run side by side: the one that says most, and those that take longest. */
export const FIRST: readonly string[] = ['unit', 'gateway', 'browser'];

/** Files that take longest begin first within their suite: one that begins last would be left alone. */
export const LONGEST: readonly string[] = [
  'test/operations/testssl.test.ts',
  'test/operations/rolling-update.test.ts',
  'test/operations/package.test.ts',
  'test/browser/layout.test.ts',
  'test/browser/configuration.test.ts',
  'test/browser/weight.test.ts',
  'test/gateway/reload.test.ts',
  'test/gateway/watched-changes.test.ts',
  'test/gateway/uploads-of-a-fleet.test.ts',
  'test/gateway/stuck-thread.test.ts',
];

/** Of the unit suite. Pure algorithms and shared memory are cheap to test fully, and expensive to debug. */
export const COVERAGE: readonly string[] = [
  '--experimental-test-coverage',
  ...COVERED.map((glob) => `--test-coverage-include=${glob}`),
  '--test-coverage-lines=95',
  `--import=${join(import.meta.dirname, '../load-covered.ts')}`,
];

/** Those that start the server's processes and threads. */
export const NEEDS_BUILD: readonly string[] = ['plugins', 'db', 'redis', 'gateway', 'operations', 'browser'];

/** A test's own threads come from dist/, too. */
export const BUILT_WORKERS: readonly string[] = [`--import=${join(import.meta.dirname, 'built-workers.js')}`];

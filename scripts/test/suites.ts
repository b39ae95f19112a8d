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

/** Begin first, in this order, where suites run side by side: the one that says most, and those that take longest. */
export const FIRST: readonly string[] = ['unit', 'gateway', 'browser'];

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

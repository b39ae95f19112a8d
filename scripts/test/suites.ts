/** The suites, and how each runs. */
import { join } from 'node:path';
import { COVERED } from '../covered.ts';

/** One process for all files is much faster; real sockets and databases get several. */
export const inOneProcess = '--test-isolation=none';

/** Each is the folder test/NAME. In the order in which they start. */
export const SUITES: Readonly<Record<string, readonly string[]>> = {
  unit: [inOneProcess],
  plugins: [inOneProcess],
  wire: [],
  db: [],
  redis: [],
  gateway: [],
  operations: [],
  browser: [],
};

/** How many files share a process; default: 1. */
export const FILES_PER_PROCESS: Readonly<Record<string, number>> = {
  wire: 10,
  db: 8,
  redis: 4,
  gateway: 3,
  browser: 3,
};

/** Begin first, in this order, where suites run side by side: the one that says most, and those that take longest. */
export const FIRST: readonly string[] = ['unit', 'gateway', 'operations', 'browser'];

/** Files that take longest begin first within their suite: one that begins last would be left alone. */
export const LONGEST: readonly string[] = [
  'test/operations/image.test.ts',
  'test/operations/testssl.test.ts',
  'test/operations/rolling-update.test.ts',
  'test/operations/package.test.ts',
  'test/operations/executable.test.ts',
  'test/browser/layout.test.ts',
  'test/browser/configuration.test.ts',
  'test/browser/weight.test.ts',
  'test/gateway/automatic-certificates.test.ts',
  'test/gateway/fleet.test.ts',
  'test/gateway/discovery/docker.test.ts',
  'test/gateway/database-outage.test.ts',
  'test/gateway/addresses.test.ts',
  'test/gateway/backends-api.test.ts',
  'test/gateway/killed-process.test.ts',
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

/**
 * Unit tests that run in a process without coverage, which counting makes up to eight times as slow: those of what need not
 * be covered, and simulations, threads and clocks, whose subjects the other tests cover.
 */
export const NOT_COUNTED =
  /^test\/unit\/(?:bench|cli|config|dashboard|docs|library|scripts|support|testing|tools)\/|\/(?:client-table-(?:charges|threads)|config-watcher|judge-change|lint-rules|shared-clock|simulated-fleet)\.test\.ts$/;

/** Those that start the server's processes and threads; the others use a build that is there. */
export const NEEDS_BUILD: readonly string[] = ['plugins', 'db', 'redis', 'gateway', 'operations', 'browser'];

/** A test's own threads come from dist/, too. */
export const BUILT_WORKERS: readonly string[] = [`--import=${join(import.meta.dirname, 'built-workers.js')}`];

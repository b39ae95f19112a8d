/**
 * Loaded into each test process: results of a burst of tests that its parent has not read yet are lost when
 * `--test-force-exit` ends the process, so they are written first.
 */
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.env.NODE_TEST_CONTEXT === 'child-v8') {
  const { exit } = process;
  process.exit = (code) => {
    process.stdout.write('', () => exit.call(process, code));
  };
}

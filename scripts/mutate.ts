/**
 * `npm run mutate -- breaker`: changes the code of src/breaker in small ways, one at a time, and reports the changes
 * that its unit tests do not notice. `-- breaker/core` does so for a part of it, `-- core` for src/core. A full core
 * takes minutes.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** Score below which the run fails, %. */
const minScore = 80;

const [part = ''] = process.argv.slice(2);
const mutate = globSync(`src/${part}/**/*.ts`);
const testFiles = globSync(`test/unit/${part}/**/*.test.ts`).sort();
if (part === '' || mutate.length === 0 || testFiles.length === 0) {
  console.error('npm run mutate -- CONCERN, such as breaker or limits/core: a folder of src that test/unit has, too');
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-mutate-'));
const config = join(folder, 'stryker.json');
const settings = {
  mutate,
  // Words in messages and names of values.
  mutator: { excludedMutations: ['StringLiteral'] },
  plugins: ['@stryker-mutator/tap-runner'],
  testRunner: 'tap',
  tap: { testFiles, nodeArgs: ['--test-reporter=tap', '-r', '{{hookFile}}', '{{testFile}}'] },
  coverageAnalysis: 'perTest',
  ignorePatterns: ['*', '!package.json', '!src/**', '!test/unit/**', '!test/support/**', '!tools/fuzz/**'],
  tempDirName: join(folder, 'sandbox'),
  // For mutants that loop forever.
  timeoutMS: 15_000,
  reporters: ['clear-text'],
  clearTextReporter: { logTests: false, reportTests: false },
  thresholds: { break: minScore },
};
writeFileSync(config, JSON.stringify(settings));
const stryker = join(import.meta.dirname, '../node_modules/@stryker-mutator/core/bin/stryker.js');
// Tests are run by the first `node` in PATH.
const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;
const { status } = spawnSync(process.execPath, [stryker, 'run', config], {
  stdio: 'inherit',
  env: { ...process.env, PATH },
});
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;

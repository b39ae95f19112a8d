/**
 * `npm run parity:check`: every row is in docs/parity.md once, and every test it names exists. `-- --ran`: and ran and
 * passed in the last `npm test`.
 */
import { readFileSync } from 'node:fs';

import { parseParityPage, type TestName } from './parity-page.ts';
import { ranTestsPath, type RanTest } from './ran-tests.ts';
import { testTitles, titlePattern } from './test-titles.ts';

const PAGE = 'docs/parity.md';
const { rows, problems } = parseParityPage(readFileSync(PAGE, 'utf8'));
const wrong = problems.map((problem) => `${PAGE}:${problem}`);
const titles = new Map<string, ReadonlySet<string> | undefined>();
const ran = process.argv.includes('--ran') ? readRan() : undefined;

for (const { id, tests } of rows) {
  for (const test of tests) {
    const fault = sourceFault(test) ?? (ran && runFault(test, ran));
    if (fault !== undefined) wrong.push(`${PAGE}:${test.line}: ${id}: ${fault}`);
  }
}
for (const line of wrong) console.error(line);
if (wrong.length > 0) process.exitCode = 1;
else {
  const states = Map.groupBy(rows, ({ state }) => state);
  const tests = rows.flatMap((row) => row.tests);
  const counts = [...states].map(([state, of]) => `${of.length} ${state}`).join(', ');
  console.log(`${PAGE}: ${counts}; ${tests.length} tests ${ran ? 'ran and passed' : 'are there'}`);
}

function sourceFault({ file, name }: TestName): string | undefined {
  if (!titles.has(file)) titles.set(file, readTitles(file));
  const found = titles.get(file);
  if (found === undefined) return `no such file: ${file}`;
  return found.has(name) ? undefined : `no test of that name in ${file}: ${name}`;
}

function runFault({ file, name }: TestName, all: readonly RanTest[]): string | undefined {
  const pattern = titlePattern(name);
  const results = all.filter((each) => each.file === file && pattern.test(each.name));
  if (results.length === 0) return `did not run: ${file}: ${name}`;
  return results.every(({ passed }) => passed) ? undefined : `failed: ${file}: ${name}`;
}

function readTitles(file: string): ReadonlySet<string> | undefined {
  try {
    return testTitles(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function readRan(): readonly RanTest[] {
  try {
    return JSON.parse(readFileSync(ranTestsPath, 'utf8')) as readonly RanTest[];
  } catch {
    wrong.push(`${ranTestsPath} cannot be read: run npm test first`);
    return [];
  }
}

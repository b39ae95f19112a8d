import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { ROW_IDS, parseParityPage } from '../../../scripts/parity-page.ts';
import { ranTestsPath, type RanTest } from '../../../scripts/ran-tests.ts';
import { testTitles, titlePattern } from '../../../scripts/test-titles.ts';

const FILE = 'test/unit/a.test.ts';
const SOURCE =
  "import { test } from 'node:test';\ntest('it works', () => {});\nfor (const n of [1])\n  test(`of ${n}`, () => {});\n";

/** A page with every row, of which these are written otherwise. */
function page(rows: Readonly<Record<string, string>> = {}): string {
  return ROW_IDS.map((id) => rows[id] ?? `- **${id}** later: not yet`).join('\n');
}

const done = (id: string, test: string): string => `- **${id}** done: it works · \`key\`\n  - \`${FILE}: ${test}\``;

describe('the parity page', () => {
  test('has a row with a state, what does it, and its tests', () => {
    const { rows, problems } = parseParityPage(`# Title\n\nProse.\n\n${page({ R1: done('R1', 'it works') })}`);
    assert.deepEqual(problems, []);
    assert.equal(rows.length, 159);
    const tests = [{ file: FILE, name: 'it works', line: 6 }];
    assert.deepEqual(rows[0], { id: 'R1', state: 'done', text: 'it works · `key`', line: 5, tests });
  });

  for (const [claim, rows, problem] of [
    ['an item that is no row', { R2: '- R2 later: x\n- **R2** later: x' }, /^2: no row/],
    ['an unknown state', { R2: '- **R2** soon: x\n- **R2** later: x' }, /^2: R2: no state: soon; there are done, /],
    ['a malformed test', { R2: '- **R2** later: x\n  - test/a.test.ts: x' }, /^3: no test/],
    ['a row twice', { R2: '- **R2** later: x\n- **R2** later: y' }, /^3: R2 is there twice$/],
    ['a row that nobody asked for', { R2: '- **R2** later: x\n- **R100** later: y' }, /^3: R100: no such row$/],
    ['a missing row', { I5: '' }, /^I5 is missing$/],
    ['nothing that proves it', { R2: '- **R2** partly: x · `y`' }, /^2: R2: partly, and no test proves it$/],
    ['nothing that does it', { R2: `- **R2** done: x\n  - \`${FILE}: it works\`` }, /^2: R2: done, and nothing behind/],
  ] as const) {
    test(`is wrong with ${claim}`, () => {
      const { problems } = parseParityPage(page(rows));
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0]!, problem);
    });
  }
});

test('titles are those of tests and suites, in any quotes', () => {
  const source = `describe('a suite', () => {\n  it("isn't one", () => {});\n  test(\`of \${n} 'x'\`, async (t) => {});\n});
await test('it\\'s', () => {});\nother('no');\n// test('no', …)\ntest.skip('no', () => {});`;
  assert.deepEqual([...testTitles(source)], ['a suite', "isn't one", "of ${n} 'x'", "it's"]);
});

test('a title with a template matches whatever it puts in, and nothing else', () => {
  assert.ok(titlePattern('of ${n + 1} (x)').test('of 12 (x)'));
  assert.ok(!titlePattern('of ${n} (x)').test('all of 12 (x)'));
  assert.ok(!titlePattern('a.b').test('axb'));
});

describe('the check', () => {
  const rows = { R1: done('R1', 'it works'), R2: done('R2', 'of ${n}') };
  const passed: readonly RanTest[] = [
    { file: FILE, name: 'it works', passed: true, ms: 1 },
    { file: FILE, name: 'of 1', passed: true, ms: 1 },
  ];

  test('passes when every test that is named is there', (t) => {
    const { status, out } = check(t, { page: page(rows) });
    assert.deepEqual([status, out], [0, 'docs/parity.md: 2 done, 157 later; 2 tests are there']);
  });

  test('reports a missing file and a missing name, with their lines', (t) => {
    const absent = done('R2', 'it works').replace('a.test', 'b.test');
    const { status, err } = check(t, { page: page({ R1: done('R1', 'it fails'), R2: absent }) });
    assert.equal(status, 1);
    assert.deepEqual(err.split('\n'), [
      `docs/parity.md:2: R1: no test of that name in ${FILE}: it fails`,
      'docs/parity.md:4: R2: no such file: test/unit/b.test.ts',
    ]);
  });

  test('--ran passes when each of them ran and passed', (t) => {
    const { status, out } = check(t, { page: page(rows), ran: passed, words: ['--ran'] });
    assert.deepEqual([status, out], [0, 'docs/parity.md: 2 done, 157 later; 2 tests ran and passed']);
  });

  test('--ran reports tests that did not run, and those that failed, even if only one of several did', (t) => {
    const ran = [
      passed[1]!,
      { file: FILE, name: 'of 2', passed: false, ms: 1 },
      { ...passed[0]!, file: 'test/other.test.ts' },
    ];
    const { status, err } = check(t, { page: page(rows), ran, words: ['--ran'] });
    assert.equal(status, 1);
    assert.deepEqual(err.split('\n'), [
      `docs/parity.md:2: R1: did not run: ${FILE}: it works`,
      `docs/parity.md:4: R2: failed: ${FILE}: of \${n}`,
    ]);
  });

  test('--ran fails without the list of a run', (t) => {
    const { status, err } = check(t, { page: page(rows), words: ['--ran'] });
    assert.equal(status, 1);
    assert.match(err, /^coverage\/ran-tests\.json cannot be read: run npm test first$/m);
  });
});

function check(t: TestContext, given: { page: string; ran?: readonly RanTest[]; words?: readonly string[] }) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-parity-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = {
    'docs/parity.md': given.page,
    [FILE]: SOURCE,
    ...(given.ran && { [ranTestsPath]: JSON.stringify(given.ran) }),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const script = join(import.meta.dirname, '../../../scripts/check-parity.ts');
  const options = { cwd: folder, encoding: 'utf8', timeout: 20_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...(given.words ?? [])], options);
  return { status, out: stdout.trimEnd(), err: stderr.trimEnd() };
}

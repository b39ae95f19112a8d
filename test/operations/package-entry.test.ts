/** The package as a user's project has it: `import … from 'sluice'`, at run time and for tsc. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { isBuildCurrent } from '../../scripts/built.js';
import { firstPlugin, firstPluginTest } from '../../src/cli/first-plugin.ts';

const root = join(import.meta.dirname, '../..');

function project(t: TestContext, files: Readonly<Record<string, string>>) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-project-')));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/sluice'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const run = (...args: readonly string[]) => {
    // A test that starts tests is none of Node's own.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
    return { status, output: stdout + stderr };
  };
  return { run, tsc: () => run(join(root, 'node_modules/typescript/bin/tsc'), '-p', '.') };
}

const tsconfig = (more: object): string =>
  JSON.stringify({
    compilerOptions: {
      strict: true,
      noEmit: true,
      target: 'es2022',
      types: [],
      exactOptionalPropertyTypes: true,
      ...more,
    },
    include: ['*.ts'],
  });

describe('the package', { timeout: 120_000 }, () => {
  before(() => {
    if (isBuildCurrent()) return;
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build.js', '--quiet'], { cwd: root });
    assert.equal(status, 0, stderr.toString());
  });

  it('gives a configuration outside of a gateway its entry', (t) => {
    const text = "import { defineConfig } from 'sluice';\nconsole.log(defineConfig(() => ({ pools: {} }))());\n";
    assert.deepEqual(project(t, { 'a.mjs': text }).run('a.mjs'), { status: 0, output: '{ pools: {} }\n' });
  });

  it('has a plugin that `sluice plugin new` wrote pass its test, and tsc', (t) => {
    const files = { 'tenant.ts': firstPlugin('tenant'), 'tenant.test.ts': firstPluginTest('tenant') };
    const tested = project(t, files).run('--test', '--test-reporter=tap', 'tenant.test.ts');
    assert.match(tested.output, /\nok 1 - tenant tells the backend who calls\n/);
    assert.equal(tested.status, 0, tested.output);
    const typed = project(t, {
      'tenant.ts': files['tenant.ts'],
      'tsconfig.json': tsconfig({ module: 'nodenext' }),
    }).tsc();
    assert.deepEqual(typed, { status: 0, output: '' });
  });

  for (const module of ['nodenext', 'preserve']) {
    it(`has types that need nothing else, with "module": "${module}"`, (t) => {
      const text = `import { defineConfig, type RouteConfig } from 'sluice';
const routes: RouteConfig[] = [{ pool: 'web', path_prefix: '/' }];
export default defineConfig(({ env }) => ({
  pools: { web: { backends: [{ url: env.WEB ?? 'http://127.0.0.1:1', wieght: 1 }] } },
  routes,
}));
`;
      const wrong = project(t, { 'sluice.config.ts': text, 'tsconfig.json': tsconfig({ module }) }).tsc();
      assert.equal(wrong.status, 1);
      assert.match(wrong.output, /wieght/);
      const right = { 'sluice.config.ts': text.replace('wieght', 'weight'), 'tsconfig.json': tsconfig({ module }) };
      assert.deepEqual(project(t, right).tsc(), { status: 0, output: '' });
    });
  }

  it('has a type for every key of the sample', (t) => {
    const sample: unknown = parse(readFileSync(join(root, 'sluice.example.yaml'), 'utf8'));
    const text = `import { defineConfig } from 'sluice';\nexport default defineConfig(${JSON.stringify(sample)});\n`;
    const files = { 'sluice.config.ts': text, 'tsconfig.json': tsconfig({ module: 'nodenext' }) };
    assert.deepEqual(project(t, files).tsc(), { status: 0, output: '' });
  });
});

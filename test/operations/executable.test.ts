/**
 * What `npm run executable` makes, on its own: in an empty folder, with an empty environment. SLUICE_EXECUTABLE names one
 * that is there already, as in a release.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { startEchoBackend } from '../support/echo-backend.ts';
import { httpRequest } from '../support/http-request.ts';
import { spawnSluice, type SluiceProcess } from '../support/sluice-process.ts';

const root = join(import.meta.dirname, '../..');
const isLinux = process.platform === 'linux';

describe('the executable', { timeout: 300_000, skip: isLinux ? false : 'made on Linux only' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-executable-test-'));
  /** What a URL escapes must not get in its way. */
  const executable = join(folder, 'a folder #1%20', 'sluice');
  const cwd = join(folder, 'cwd');

  before(() => {
    if (!isLinux) return;
    mkdirSync(join(folder, 'a folder #1%20'));
    mkdirSync(cwd);
    const made = process.env['SLUICE_EXECUTABLE'];
    if (made !== undefined) return copyFileSync(join(root, made), executable);
    execFileSync(process.execPath, ['scripts/executable/make-executable.ts', join(folder, 'made')], { cwd: root });
    renameSync(join(folder, 'made/sluice'), executable);
  });
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

  /** Without PATH and HOME: its cache of compiled code has no place, and it finds no Node. */
  const start = (t: TestContext, ...args: readonly string[]): SluiceProcess => {
    const cleared = ['env', '--ignore-environment', `--chdir=${cwd}`, 'HOME=/dev/null'];
    return spawnSluice(t, args, {}, { inside: cleared, node: executable });
  };
  const run = async (t: TestContext, ...args: readonly string[]): Promise<string> => {
    const { exit, stdout, stderr } = start(t, ...args);
    assert.equal(await exit, 0, stderr());
    return stdout();
  };
  const flags = ['--host', '127.0.0.1', '--port', '0', '--admin-port', '0', '--threads', '2'];

  it('says what it is, and has the commands', async (t) => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const said = JSON.parse(await run(t, 'version', '--json')) as Record<string, unknown>;
    assert.deepEqual([said['version'], said['build'], said['node']], [version, 'executable', process.versions.node]);
    await run(t, 'init', 'first.yaml');
    assert.match(await run(t, 'check', 'first.yaml'), /: valid/);
  });

  const atMost = { timeout: 90_000 };

  it('is a gateway: traffic, limits, dashboard, API and its documentation, reloads, and a drain', atMost, async (t) => {
    const backends = start(t, 'demo-backends', '--count', '1', '--port', '0');
    const [, demo] = await backends.printed(/^replica-1 +(\S+)$/m);
    let release = (): void => undefined;
    const held = Promise.withResolvers<void>();
    const slow = await startEchoBackend((_seen, response) => {
      release = () => response.end('late');
      held.resolve();
    });
    t.after(() => slow.close());
    // A configuration in TypeScript that imports a file, and a plugin: both are on the disk.
    writeFileSync(
      join(cwd, 'plugin.ts'),
      `import { definePlugin } from 'sluice';
const field: string = 'x-from-plugin';
export default definePlugin({ name: 'mark', create: () => ({ response: ({ headers }) => headers.set(field, 'yes') }) });
`,
    );
    writeFileSync(join(cwd, 'burst.ts'), 'export const burst: number = 2;\n');
    writeFileSync(
      join(cwd, 'sluice.config.ts'),
      `import { defineConfig } from 'sluice';
import { burst } from './burst.ts';
export default defineConfig(() => ({
  pools: {
    default: { backends: [{ url: '${demo}' }] },
    slow: { health_check: { enabled: false }, backends: [{ url: '${slow.url}' }] },
  },
  plugins: { mark: { file: './plugin.ts' } },
  routes: [
    { pool: 'slow', path_prefix: '/slow' },
    { pool: 'default', plugins: ['mark'] },
  ],
  rate_limit: { default: { capacity: burst, rate_per_second: 0.001 } },
}));
`,
    );
    const gateway = start(t, '--config', 'sluice.config.ts', ...flags);
    const [line] = await gateway.printed(/^.*"sluice runs".*$/m);
    const { gateway: trafficUrl, admin: adminUrl } = JSON.parse(line) as { gateway: string; admin: string };
    const ask = () => httpRequest(`${trafficUrl}/ping`);

    const first = await ask();
    assert.deepEqual([first.status, first.headers['x-from-plugin']], [200, 'yes']);
    assert.equal(first.body, 'pong from replica 1');
    assert.deepEqual([(await ask()).status, (await ask()).status], [200, 429]);

    const page = await httpRequest(`${adminUrl}/`, { headers: { accept: 'text/html' } });
    const [script] = /assets\/[^"]+\.js/.exec(page.body)!;
    const coded = await httpRequest(`${adminUrl}/${script}`, { headers: { 'accept-encoding': 'br' } });
    assert.deepEqual([coded.status, coded.headers['content-encoding']], [200, 'br']);
    for (const path of ['/docs/', '/docs/static/swagger-ui-bundle.js', '/docs/json', '/metrics', '/readyz']) {
      assert.equal((await httpRequest(adminUrl + path)).status, 200, path);
    }
    const created = await httpRequest(`${adminUrl}/v1/api/clients`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: 'one', capacity: 5, rate_per_second: 1 }),
    });
    assert.equal(created.status, 201, created.body);
    assert.ok(readdirSync(join(cwd, 'data')).includes('sluice.db'));
    const status = await run(t, 'status', '--admin', adminUrl, '--json');
    assert.equal((JSON.parse(status) as Record<string, unknown>)['build'], 'executable');

    // A new version takes its place: threads that start later still find what is in this one.
    const away = `${executable}.old`;
    renameSync(executable, away);
    writeFileSync(join(cwd, 'burst.ts'), 'export const burst: number = 50;\n');
    const [reload] = await gateway.printed(/^.*"msg":"reload(?: refused)?".*$/m);
    assert.match(reload, /"result":"applied"/);
    const { body } = await httpRequest(`${adminUrl}/v1/api/config`);
    assert.match(body, /"capacity": ?50/);

    const checked = await httpRequest(`${adminUrl}/v1/api/config/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ config: 'pools: { default: { backend: [] } }' }),
    });
    assert.match(checked.body, /did you mean/);
    renameSync(away, executable);

    // A client that has not used its burst.
    const late = httpRequest(`${trafficUrl}/slow`, { headers: { 'x-client-id': 'one' } });
    await Promise.race([held.promise, late]);
    gateway.child.kill('SIGTERM');
    await gateway.printed(/"signal received"/);
    release();
    assert.deepEqual([(await late).status, (await late).body], [200, 'late']);
    assert.equal(await gateway.exit, 0, gateway.stderr());
    backends.child.kill('SIGTERM');
    await backends.exit;
  });

  it('starts a gateway and backends of its own for a load', async (t) => {
    assert.match(await run(t, 'load', 'basic', '--lab', '-n', '5'), /PASSED/);
  });
});

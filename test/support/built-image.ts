/** The project's image and its compose files on a real engine, each started as the documentation says. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { dockerFolder, readCompose, type Compose } from './compose-file.ts';
import { startConnectProxy } from './connect-proxy.ts';
import { dockerMissing, startBareEngine, type DockerEngine } from './docker-engine.ts';
import { eventually } from './eventually.ts';
import { nodeBase, standInsMissing, type StandIn } from './stand-in-images.ts';

export const IMAGE = 'sluice:local';
const BASE = 'stand-in/node:base';

/** For a test's `skip`. */
export const imageMissing =
  dockerMissing || standInsMissing || withoutCompose() || (!isDebian() && 'the base is made of packages of Debian');

function isDebian(): boolean {
  return spawnSync('dpkg-query', ['--version']).status === 0;
}

function withoutCompose(): string | false {
  const { status, stdout } = spawnSync('docker', ['compose', 'version', '--short'], { encoding: 'utf8' });
  if ((status === 0 && /^v?[2-9]/.test(stdout)) || process.env['CI'] === 'true') return false;
  return 'Docker Compose 2 not found: install docker-compose of Debian 13';
}

export interface ImageEngine extends DockerEngine {
  /** A copy of docker/, with secrets in it: compose files name what is beside them. */
  readonly project: string;
  importImage(tag: string, make: (folder: string) => StandIn): Promise<void>;
  compose(file: string, ...words: readonly string[]): Promise<string>;
  /** `running healthy 0`: status, health and exit code. */
  stateOf(container: string): Promise<string>;
  isHealthy(container: string): Promise<void>;
}

export async function startImageEngine(t: Pick<TestContext, 'after'>): Promise<ImageEngine> {
  const engine = await startBareEngine(t);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-project-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const project = join(folder, 'docker');
  cpSync(dockerFolder, project, { recursive: true, filter: (path) => !path.endsWith('/secrets') });
  execFileSync('sh', ['docker/make-secrets.sh'], { cwd: folder });

  const importImage: ImageEngine['importImage'] = async (tag, make) => {
    const { root, changes } = make(folder);
    const tar = join(folder, 'image.tar');
    execFileSync('tar', ['-c', '-C', root, '-f', tar, '.']);
    await engine.docker(['import', ...changes.flatMap((change) => ['--change', change]), tar, tag]);
    for (const path of [root, tar]) rmSync(path, { recursive: true });
  };
  const compose: ImageEngine['compose'] = async (file, ...words) => {
    const override = join(project, `test.${file}`);
    writeFileSync(override, JSON.stringify(machineOverride(readCompose(file))));
    const files = ['compose', '--file', join(project, file), '--file', override];
    try {
      return await engine.docker([...files, ...words]);
    } catch (error) {
      // Compose says which service is not healthy, and not why.
      const logs = await engine.docker([...files, 'logs', '--no-color', '--tail', '30']);
      throw new Error(`${(error as Error).message}\n${logs}`, { cause: error });
    }
  };
  const stateOf: ImageEngine['stateOf'] = async (container) => {
    const format = '{{.State.Status}} {{with .State.Health}}{{.Status}}{{end}} {{.State.ExitCode}}';
    return (await engine.docker(['inspect', '--format', format, container])).trim();
  };
  const isHealthy = (container: string): Promise<void> =>
    eventually(
      `${container} is healthy`,
      async () => {
        const state = await stateOf(container);
        if (state.startsWith('exited')) throw new Error(`${state}: ${await engine.docker(['logs', container])}`);
        return state === 'running healthy 0';
      },
      120_000,
    );
  return { ...engine, project, importImage, compose, stateOf, isHealthy };
}

/** What this machine cannot give: as many descriptors as its limit forbids to allow, and answers in time. Checks come sooner. */
function machineOverride({ services }: Compose): object {
  const limit = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }));
  const patient = { interval: '2s', timeout: '30s', retries: 60 };
  const overrides = Object.entries(services).map(([name, { build, ulimits }]) => [
    name,
    {
      healthcheck: patient,
      ...(ulimits !== undefined && limit < ulimits.nofile && { ulimits: { nofile: limit } }),
      ...(build !== undefined && { build: { context: join(dockerFolder, '..') } }),
    },
  ]);
  return { services: Object.fromEntries(overrides) as object };
}

/**
 * Builds docker/Dockerfile by the words of compose.yaml. Its packages come from the registry that npm has here, through a
 * proxy, since the engine has a network of its own.
 */
export async function buildImage(t: Pick<TestContext, 'after'>, engine: ImageEngine): Promise<void> {
  await engine.importImage(BASE, nodeBase);
  const socket = join(engine.project, 'proxy.sock');
  await startConnectProxy(t, socket);
  const proxy = await engine.proxyTo(socket);
  const values = { BASE, VERSION: '1.2.3', REVISION: 'abc123', HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const args = Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  await engine.compose('compose.yaml', 'build', ...args, 'gateway');
}

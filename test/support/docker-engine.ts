/**
 * A real Docker daemon, in namespaces of its own: its networks and processes are not this machine's, and end with it. In
 * the Debian package docker.io; as root.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { missing } from './installed.ts';

/** For a test's `skip`. */
export const dockerMissing =
  missing('docker.io', 'dockerd', 'containerd') || missing('iproute2', 'ip') || withoutNamespaces();

function withoutNamespaces(): string | false {
  const made = spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'ip', 'link', 'set', 'lo', 'up']);
  return made.status === 0 ? false : 'no namespaces of processes and networks can be made here: that takes root';
}

const RELAY = fileURLToPath(new URL('namespace-relay.mjs', import.meta.url));
const APP = fileURLToPath(new URL('docker-app.mjs', import.meta.url));
const IMAGE = 'sluice-test';
/**
 * Bytes. With more, images and containers are in memory: nothing waits for the disk, and they are gone with the namespace. The
 * build of our image and the containers of a compose file take 3 GB.
 */
const MEMORY_FOR_IMAGES = 8e9;
/** The daemon's side of its default network. */
const BRIDGE = '10.99.0.1';

export interface ContainerOptions {
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: `bridge`. */
  readonly network?: string;
  readonly env?: readonly string[];
  readonly healthcheck?: object;
}

export interface EngineOptions {
  /** `vfs` takes containers without layers of their own fastest; default: what the daemon chooses, as users have it. */
  readonly storage?: 'vfs';
}

export interface DockerEngine {
  /** The machine's `docker`, talking to this daemon, and what it prints. Rejects with that unless it succeeds. */
  docker(args: readonly string[]): Promise<string>;
  /** The URL of an HTTP proxy for its containers, which leads out of its network. Needs {@link startConnectProxy}. */
  proxyTo(socket: string): Promise<string>;
  /** `unix://PATH`, as discovery.docker.endpoint takes it. */
  readonly endpoint: string;
  /** Words in front of a command that is to run in its network. */
  readonly inside: readonly string[];
  /** A call of its API. Rejects with its message unless the status is below 400. */
  call(method: string, path: string, body?: object | Buffer): Promise<unknown>;
  /** Creates and starts a container with docker-app.mjs; its name is the one it answers with. */
  run(name: string, options?: ContainerOptions): Promise<void>;
  /** The URL of a port here that leads to this URL there. */
  relay(url: string): Promise<string>;
  /** The daemon only: containers live on. */
  kill(): Promise<void>;
  /** After {@link kill}. */
  start(): Promise<void>;
}

/** With the image that {@link DockerEngine.run} uses. */
export async function startDockerEngine(t: Pick<TestContext, 'after'>): Promise<DockerEngine> {
  const engine = await startBareEngine(t, { storage: 'vfs' });
  await engine.call('POST', `/images/create?fromSrc=-&repo=${IMAGE}`, await imageOf());
  return engine;
}

/** Without any image. */
export async function startBareEngine(
  t: Pick<TestContext, 'after'>,
  { storage }: EngineOptions = {},
): Promise<DockerEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-docker-'));
  const socket = join(folder, 'docker.sock');
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o711 });
  const inMemory = process.availableMemory() > MEMORY_FOR_IMAGES;
  // The first process of the namespaces: when it ends, all others are killed.
  const holder = spawn(
    'unshare',
    [
      '--mount',
      '--net',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sh',
      '-c',
      `ip link set lo up; ${inMemory ? `mount -t tmpfs -o mode=711 tmpfs ${data}; ` : ''}echo ready; sleep infinity & wait`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(async () => {
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
    await eventually('its processes have ended', () => {
      rmSync(folder, { recursive: true, force: true });
      return true;
    });
  });
  await once(holder.stdout, 'data');
  const first = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim();
  const inside = ['nsenter', `--target=${first}`, '--net'];
  const all = ['nsenter', `--target=${first}`, '--net', '--mount', '--pid'];
  let daemon: ChildProcess | undefined;

  const call = (method: string, path: string, body?: object | Buffer): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const isJson = body !== undefined && !Buffer.isBuffer(body);
      const headers = isJson ? { 'content-type': 'application/json' } : {};
      const sent = request({ socketPath: socket, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => {
          if (response.statusCode! >= 400) reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
          else resolve(/json/.test(response.headers['content-type'] ?? '') ? lastOf(text) : text);
        });
      });
      sent.on('error', reject);
      sent.end(isJson ? JSON.stringify(body) : body);
    });

  const start = async (): Promise<void> => {
    const flags = [
      '--iptables=false',
      '--ip6tables=false',
      '--ip-masq=false',
      `--bip=${BRIDGE}/24`,
      ...(storage === undefined ? [] : [`--storage-driver=${storage}`]),
      '--live-restore',
      `--data-root=${data}`,
      `--exec-root=${folder}/run`,
      `--pidfile=${folder}/docker.pid`,
      `--host=unix://${socket}`,
    ];
    let output = '';
    const own = spawn(all[0]!, [...all.slice(1), 'dockerd', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
    daemon = own;
    own.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4000)));
    await eventually('the daemon answers', async () => {
      if (own.exitCode !== null) throw new Error(`dockerd has ended: ${output}`);
      return call('GET', '/_ping').then(
        () => true,
        () => false,
      );
    });
  };
  const kill = async (): Promise<void> => {
    const ended = once(daemon!, 'exit');
    // nsenter has forked, since it entered a namespace of processes.
    const pid = readFileSync(`/proc/${daemon!.pid}/task/${daemon!.pid}/children`, 'utf8').trim();
    process.kill(Number(pid), 'SIGKILL');
    await ended;
  };
  const run: DockerEngine['run'] = async (name, { labels = {}, network = 'bridge', env = [], healthcheck } = {}) => {
    await call('POST', `/containers/create?name=${name}`, {
      Image: IMAGE,
      Cmd: ['/node', '/app.mjs'],
      Env: [`NAME=${name}`, ...env],
      Labels: labels,
      ExposedPorts: { '8080/tcp': {} },
      ...(healthcheck !== undefined && { Healthcheck: healthcheck }),
      HostConfig: {
        NetworkMode: network,
        Binds: [...SYSTEM.binds, `${process.execPath}:/node:ro`, `${APP}:/app.mjs:ro`],
      },
    });
    await call('POST', `/containers/${name}/start`);
  };

  let relays = 0;
  const relay: DockerEngine['relay'] = async (url) => {
    relays += 1;
    const path = join(folder, `relay-${relays}.sock`);
    const there = spawn(inside[0]!, [...inside.slice(1), process.execPath, RELAY, path, new URL(url).port], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => there.kill());
    await once(there.stdout, 'data');
    const here: Server = createServer((client) => {
      const server = connect(path);
      client.pipe(server).pipe(client);
      client.on('error', () => server.destroy()).on('close', () => server.destroy());
      server.on('error', () => client.destroy()).on('close', () => client.destroy());
    }).listen(0, '127.0.0.1');
    t.after(() => here.close());
    await once(here, 'listening');
    return `http://127.0.0.1:${(here.address() as AddressInfo).port}`;
  };

  const docker: DockerEngine['docker'] = (args) =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: join(folder, 'client') };
      execFile('docker', args, { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout + stderr);
        else reject(Object.assign(new Error(`docker ${args.join(' ')}: ${stdout}${stderr}`), { code: error.code }));
      });
    });
  const proxyTo: DockerEngine['proxyTo'] = async (path) => {
    const there = spawn(inside[0]!, [...inside.slice(1), process.execPath, RELAY, `${BRIDGE}:0`, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => there.kill());
    const [port] = (await once(there.stdout, 'data')) as [Buffer];
    return `http://${BRIDGE}:${port.toString().trim()}`;
  };

  await start();
  return { endpoint: `unix://${socket}`, inside, call, docker, run, relay, proxyTo, kill, start };
}

/** The machine's own libraries, so that the image needs none: storage without layers would copy it for each container. */
const SYSTEM = systemFolders();

function systemFolders(): { readonly binds: readonly string[]; readonly links: ReadonlyMap<string, string> } {
  const binds = ['/usr:/usr:ro'];
  const links = new Map<string, string>();
  for (const name of ['bin', 'lib', 'lib64']) {
    const found = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() === true) links.set(name, readlinkSync(`/${name}`));
    else if (found !== undefined) binds.push(`/${name}:/${name}:ro`);
  }
  return { binds, links };
}

async function imageOf(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-image-'));
  try {
    mkdirSync(join(folder, 'usr'));
    for (const [name, target] of SYSTEM.links) symlinkSync(target, join(folder, name));
    const tar = await promisify(execFile)('tar', ['-c', '-C', folder, '.'], { encoding: 'buffer' });
    return tar.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Some calls answer with several values, the last of which says how it ended. */
function lastOf(text: string): unknown {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line === '' ? undefined : (JSON.parse(line) as unknown);
}

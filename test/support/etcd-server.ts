/** Real etcd servers, of the Debian package etcd-server. Tests write through the same JSON gateway that Sluice reads. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { missing } from './installed.ts';
import type { Authority } from './issued.ts';
import { temporaryFolder } from './sluice-process.ts';

/** For a test's `skip`. */
export const etcdMissing = missing('etcd-server', 'etcd');

export interface EtcdServer {
  readonly url: string;
  /** A call of its gateway; rejects unless the answer is 200. Not with TLS. @param token of a user */
  call(path: string, body: object, token?: string): Promise<Record<string, unknown>>;
  put(key: string, value: unknown, more?: object): Promise<void>;
  remove(key: string): Promise<void>;
  /** Hangs: connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
  /** As SIGKILL does. */
  kill(): Promise<void>;
  /** After {@link kill}. */
  start(): Promise<void>;
  /** After {@link kill}: it has never stored anything. */
  wipe(): void;
}

export interface EtcdOptions {
  /** Of its certificate. Default: without TLS. */
  readonly authority?: Authority;
}

export async function startEtcd(t: Pick<TestContext, 'after'>, options: EtcdOptions = {}): Promise<EtcdServer> {
  const [server] = await startEtcdCluster(t, 1, options);
  return server!;
}

export async function startEtcdCluster(
  t: Pick<TestContext, 'after'>,
  size: number,
  options: EtcdOptions = {},
): Promise<readonly EtcdServer[]> {
  const members = await Promise.all(
    Array.from({ length: size }, async (_, at) => ({ name: `m${at}`, port: await freePort(), peer: await freePort() })),
  );
  const cluster = members.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join(',');
  const servers = members.map((member) => createServer(t, member, cluster, options));
  await Promise.all(servers.map((server) => server.start()));
  return servers;
}

interface Member {
  readonly name: string;
  readonly port: number;
  readonly peer: number;
}

function createServer(
  t: Pick<TestContext, 'after'>,
  { name, port, peer }: Member,
  cluster: string,
  { authority }: EtcdOptions,
): EtcdServer {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const url = `${authority === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const given = {
    name,
    'data-dir': data,
    logger: 'zap',
    'log-outputs': 'stderr',
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': cluster,
    'initial-cluster-state': 'new',
    ...(authority === undefined ? {} : tlsFlags(authority, folder)),
  };
  const args = Object.entries(given).map(([flag, value]) => `--${flag}=${value}`);
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  const call = async (path: string, body: object, token?: string): Promise<Record<string, unknown>> => {
    const headers = token === undefined ? {} : { authorization: token };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  return {
    url,
    call,
    put: async (key, value, more = {}) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      await call('/v3/kv/put', { key: base64(key), value: base64(text), ...more });
    },
    remove: async (key) => void (await call('/v3/kv/deleterange', { key: base64(key) })),
    pause: () => void child!.kill('SIGSTOP'),
    resume: () => void child!.kill('SIGCONT'),
    kill,
    start: async () => {
      let output = '';
      child = spawn('etcd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (output += text));
      await eventually('etcd serves', () => {
        if (child!.exitCode !== null) throw new Error(`etcd has ended: ${output}`);
        return /serving (?:insecure )?client (?:requests|traffic)/.test(output);
      });
    },
    wipe: () => rmSync(data, { recursive: true }),
  };
}

function tlsFlags(authority: Authority, folder: string): Readonly<Record<string, string>> {
  const { cert, key } = authority.issue(['127.0.0.1']);
  const files = { 'cert.pem': cert, 'key.pem': key };
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  return { 'cert-file': join(folder, 'cert.pem'), 'key-file': join(folder, 'key.pem') };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

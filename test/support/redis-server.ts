/** Real Redis servers, Sentinels and Clusters. All of them are in the Debian package redis-server. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { missing } from './installed.ts';
import { temporaryFolder } from './sluice-process.ts';

/** For a test's `skip`. */
export const redisMissing = missing('redis-server', 'redis-server', 'redis-cli');

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** Of its unix socket. */
  readonly socket: string;
  readonly folder: string;
  /** By its socket. */
  readonly url: string;
  /** Runs a command as redis-cli does, and gives what that prints. */
  cli(...words: readonly string[]): Promise<string>;
  /** It hangs: connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
  /** As SIGKILL does. */
  kill(): Promise<void>;
  /** After {@link kill}: the same port and socket. */
  start(): Promise<void>;
}

export interface RedisOptions {
  /** Lines of its configuration. */
  readonly config?: readonly string[];
  readonly isSentinel?: boolean;
  /** Flags of redis-cli, such as a password. */
  readonly cliFlags?: readonly string[];
}

export async function startRedis(t: Pick<TestContext, 'after'>, options: RedisOptions = {}): Promise<RedisServer> {
  const { config = [], isSentinel = false, cliFlags = [] } = options;
  const folder = temporaryFolder(t);
  const socket = join(folder, 's');
  const port = await freePort();
  const file = join(folder, 'redis.conf');
  const own = [
    `port ${port}`,
    'bind 127.0.0.1',
    'protected-mode no',
    `unixsocket ${socket}`,
    `dir ${folder}`,
    ...(isSentinel ? [] : ['save ""']),
  ];
  writeFileSync(file, `${[...own, ...config].join('\n')}\n`);
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const cli = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('redis-cli', ['-s', socket, ...cliFlags, ...words]);
    return stdout.trim();
  };
  const start = async (): Promise<void> => {
    let output = '';
    child = spawn('redis-server', [file, ...(isSentinel ? ['--sentinel'] : [])], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
    await eventually('Redis listens', () => {
      if (child!.exitCode !== null) throw new Error(`redis-server has ended: ${output}`);
      return /The server is now ready to accept connections at|Sentinel ID is/.test(output);
    });
  };
  t.after(kill);
  await start();
  return {
    host: '127.0.0.1',
    port,
    socket,
    folder,
    url: `unix://${socket}`,
    cli,
    pause: () => void child!.kill('SIGSTOP'),
    resume: () => void child!.kill('SIGCONT'),
    kill,
    start,
  };
}

/** A Cluster of masters, each with an equal share of the slots, in order. */
export async function startRedisCluster(
  t: Pick<TestContext, 'after'>,
  size: number,
  config: readonly string[] = [],
): Promise<readonly RedisServer[]> {
  const servers = await Promise.all(Array.from({ length: size }, () => startClusterNode(t, config)));
  const share = Math.ceil(16_384 / size);
  await Promise.all(
    servers.map(({ cli }, at) =>
      cli('CLUSTER', 'ADDSLOTSRANGE', `${at * share}`, `${Math.min(16_384, (at + 1) * share) - 1}`),
    ),
  );
  for (const [at, { cli }] of servers.entries()) await cli('CLUSTER', 'SET-CONFIG-EPOCH', `${at + 1}`);
  for (const server of servers.slice(1)) await meet(server, servers[0]!);
  await eventually('the Cluster is complete', async () => {
    const infos = await Promise.all(servers.map(({ cli }) => cli('CLUSTER', 'INFO')));
    return infos.every((info) => /cluster_state:ok/.test(info) && info.includes(`cluster_known_nodes:${size}`));
  });
  return servers;
}

/** A node that belongs to nobody yet. */
export async function startClusterNode(
  t: Pick<TestContext, 'after'>,
  config: readonly string[] = [],
): Promise<RedisServer> {
  const own = ['cluster-enabled yes', `cluster-port ${await freePort()}`, 'cluster-node-timeout 1000'];
  return startRedis(t, { config: [...own, ...config] });
}

export async function meet({ cli }: RedisServer, other: RedisServer): Promise<void> {
  const bus = /cluster-port (\d+)/.exec(
    await other.cli('CONFIG', 'GET', 'cluster-port').then((text) => text.replace('\n', ' ')),
  )![1]!;
  await cli('CLUSTER', 'MEET', other.host, `${other.port}`, bus);
}

export interface WatchedRedis {
  /** A master and its replica. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
}

export async function startSentinels(t: Pick<TestContext, 'after'>, count: number): Promise<WatchedRedis> {
  const master = await startRedis(t);
  const replica = await startRedis(t, { config: [`replicaof ${master.host} ${master.port}`] });
  const config = [
    `sentinel monitor limits ${master.host} ${master.port} ${Math.ceil(count / 2)}`,
    'sentinel down-after-milliseconds limits 500',
    'sentinel failover-timeout limits 2000',
  ];
  const sentinels = await Promise.all(Array.from({ length: count }, () => startRedis(t, { isSentinel: true, config })));
  await eventually('the Sentinels know each other', async () => {
    const all = await Promise.all(sentinels.map(({ cli }) => cli('SENTINEL', 'MASTER', 'limits')));
    const isComplete = new RegExp(`num-slaves\\n1\\nnum-other-sentinels\\n${count - 1}\\n`);
    return all.every((text) => isComplete.test(text));
  });
  return { servers: [master, replica], sentinels };
}

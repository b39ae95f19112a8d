/** `sluice` as a pod runs it: user 1000, no capabilities, a read-only root, and /tmp and its data of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './sluice-process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** In a mount namespace of its own: $CONFIG is mounted at /mnt, and the rest of the script replaces this shell. */
const LIMITED = `set -e
mount --make-rprivate /
mount --bind "$CONFIG" /mnt
mount --bind "$CACHE" /media
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -m 700 /tmp/data && chown 1000:1000 /tmp/data
mount -o remount,bind,ro /mnt
mount -o remount,bind,ro /
export NODE_COMPILE_CACHE=/media
exec setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs --bounding-set -all "$@"`;

/** For a test's `skip`: false where a process can be limited like that. */
export function cannotLimit(): string | false {
  const { status } = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', LIMITED, 'sh', process.execPath, '-e', 'process.exit(0)'],
    {
      env: { PATH: process.env['PATH'], CONFIG: root, CACHE: root },
      cwd: '/',
    },
  );
  if (status === 0) return false;
  return 'needs root, mount namespaces, and files of this project that user 1000 can read';
}

export interface PodProcess {
  readonly pid: number;
  readonly trafficPort: number;
  readonly adminUrl: string;
  /** Its limits apply. */
  readonly isLimited: boolean;
  /** What the kubelet sends first. */
  terminate(): void;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>;
}

export interface PodOptions {
  readonly yaml: string;
  readonly isLimited: boolean;
  /** A folder that all pods of a test share: compiled sources, as the image has them. */
  readonly cache: string;
}

/** Resolves when it runs; killed after the test. */
export async function startPod(
  t: Pick<TestContext, 'after'>,
  { yaml, isLimited, cache }: PodOptions,
): Promise<PodProcess> {
  chmodSync(cache, 0o777);
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'sluice.yaml'), yaml);
  const [config, data] = isLimited
    ? ['/mnt/sluice.yaml', '/tmp/data']
    : [join(folder, 'sluice.yaml'), join(folder, 'd')];
  const program = [process.execPath, join(root, 'bin/sluice.js'), '--config', config];
  const flags = ['--host', '127.0.0.1', '--port', '0', '--admin-port', '0', '--data-dir', data];
  const [name, ...args] = isLimited
    ? ['unshare', '-m', 'sh', '-c', LIMITED, 'sh', ...program, ...flags]
    : [...program, ...flags];
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    CONFIG: folder,
    CACHE: cache,
    NODE_COMPILE_CACHE: cache,
  };
  const child = spawn(name!, args, { cwd: isLimited ? '/' : folder, env });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exit = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exit;
  });
  const started = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const [line] = /^.*"sluice runs".*$/m.exec(output) ?? [];
      if (line !== undefined) resolve(line);
    });
    void exit.then((code) => reject(new Error(`ended with ${code}:\n${output}`)));
  });
  const { gateway, admin } = JSON.parse(await started) as { gateway: string; admin: string };
  return {
    pid: child.pid!,
    trafficPort: Number(new URL(gateway).port),
    adminUrl: admin,
    isLimited,
    terminate: () => child.kill('SIGTERM'),
    exit,
  };
}

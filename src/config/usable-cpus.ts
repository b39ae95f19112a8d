/** How many processors this process may use: affinity, and the CPU limit of its container. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The text of a file; null: it cannot be read. */
export type ReadText = (path: string) => string | null;

/**
 * The CPU limit of the control group of this process, processors; null: none, or not Linux.
 *
 * Node takes the limit of version 2 into account (libuv 1.49), but not that of version 1 as containers see it: their
 * own group is mounted at the root, while /proc names its path on the host. So both places are read.
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst (cpu.max) and scheduler/sched-bwc.rst (version 1)
 */
export function cpuQuota(read: ReadText = readText): number | null {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const pathOf = (isIt: (controllers: string) => boolean): string =>
    groups
      .find(([, controllers = '']) => isIt(controllers))
      ?.slice(2)
      .join(':') ?? '/';
  const unified = pathOf((controllers) => controllers === '');
  const cpu = pathOf((controllers) => controllers.split(',').includes('cpu'));
  const limits = [
    ...placesOf(unified).map((path) => unifiedQuota(read(`/sys/fs/cgroup${path}/cpu.max`))),
    ...placesOf(cpu).map((path) => {
      const folder = `/sys/fs/cgroup/cpu${path}`;
      return ratioOf(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`));
    }),
  ].filter((limit) => limit !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}

/** The meaning of `server.threads: auto`, before its highest value: whole processors, at least one. */
export function usableCpus(quota: number | null = cpuQuota(), parallelism: number = availableParallelism()): number {
  return quota === null ? parallelism : Math.max(1, Math.min(parallelism, Math.floor(quota)));
}

/** The group and those above it, up to the root, whose path is empty: the smallest limit applies. */
function placesOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return [...parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`), ''];
}

/** `200000 100000`: 2; `max 100000`: none. */
function unifiedQuota(text: string | null): number | null {
  const [quota = '', period = ''] = (text ?? '').trim().split(' ');
  return ratioOf(quota, period);
}

/** Version 1 says −1 without a limit. */
function ratioOf(quota: string | null, period: string | null): number | null {
  const [amount, every] = [Number.parseInt(quota ?? '', 10), Number.parseInt(period ?? '', 10)];
  return amount > 0 && every > 0 ? amount / every : null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

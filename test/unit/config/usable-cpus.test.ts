import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuQuota, usableCpus } from '../../../src/config/usable-cpus.ts';

function filesOf(files: Readonly<Record<string, string>>) {
  return (path: string): string | null => files[path] ?? null;
}

test('the limit of a container under version 2 is cpu.max', () => {
  const of = (max: string): number | null =>
    cpuQuota(filesOf({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': max }));
  assert.equal(of('200000 100000\n'), 2);
  assert.equal(of('150000 100000\n'), 1.5);
  assert.equal(of('max 100000\n'), null);
  assert.equal(of(''), null);
});

test('under version 2, the smallest limit of the groups above applies', () => {
  const quota = cpuQuota(
    filesOf({
      '/proc/self/cgroup': '0::/kubepods.slice/pod1.slice/app.scope\n',
      '/sys/fs/cgroup/kubepods.slice/cpu.max': '800000 100000\n',
      '/sys/fs/cgroup/kubepods.slice/pod1.slice/cpu.max': '300000 100000\n',
      '/sys/fs/cgroup/kubepods.slice/pod1.slice/app.scope/cpu.max': 'max 100000\n',
    }),
  );
  assert.equal(quota, 3);
});

test('the limit of a container under version 1 is at the root of its mount, whatever path /proc names', () => {
  const of = (quota: string, cgroup = '4:cpu,cpuacct:/kubepods/pod1/abc\n1:name=systemd:/\n'): number | null =>
    cpuQuota(
      filesOf({
        '/proc/self/cgroup': cgroup,
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': quota,
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      }),
    );
  assert.equal(of('100000\n'), 1);
  assert.equal(of('250000\n', '4:cpu:/\n'), 2.5);
  assert.equal(of('-1\n'), null);
});

test('threads are whole processors within the limit, at least one; without a limit, what Node reports', () => {
  assert.equal(usableCpus(null, 8), 8);
  assert.equal(usableCpus(2, 8), 2);
  assert.equal(usableCpus(2.9, 8), 2);
  assert.equal(usableCpus(0.25, 8), 1);
  assert.equal(usableCpus(16, 8), 8);
  assert.equal(
    cpuQuota(() => null),
    null,
  );
});

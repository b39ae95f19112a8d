import { spawnSync } from 'node:child_process';

/** For `sluice version`. Undefined: the sources are not from a clone. */
export function commitOf(folder: string): string | undefined {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: folder, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

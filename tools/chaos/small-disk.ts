/**
 * A disk for the data folder that can be filled: a small in-memory file system if mounting is allowed (Linux, as root).
 * Otherwise a limit on the size of files that the gateway may write, which is similar: no file grows.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  /** How it is filled; null: it cannot be. */
  readonly kind: 'small file system' | 'limit on files' | null;
  fill(pid: number): void;
  free(pid: number): void;
  /** When nothing uses the folder any more. */
  close(): void;
}

/** Room for the database and its log, and not much to fill. */
const SIZE = '32m';

export function smallDisk(folder: string): SmallDisk {
  mkdirSync(folder, { recursive: true });
  if (run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'sluice-chaos', folder])) return mounted(folder);
  return run('prlimit', ['--version']) ? limited() : { kind: null, fill: nothing, free: nothing, close: nothing };
}

function mounted(folder: string): SmallDisk {
  const filler = join(folder, 'filler');
  return {
    kind: 'small file system',
    fill: () => {
      for (const size of [2 ** 20, 4096]) appendUntilFull(filler, Buffer.alloc(size));
    },
    free: () => rmSync(filler, { force: true }),
    close: () => void (run('umount', [folder]) || run('umount', ['--lazy', folder])),
  };
}

function appendUntilFull(path: string, chunk: Buffer): void {
  try {
    for (;;) appendFileSync(path, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

function limited(): SmallDisk {
  const limit = (pid: number, soft: string): void => void run('prlimit', ['--pid', String(pid), `--fsize=${soft}:`]);
  return {
    kind: 'limit on files',
    fill: (pid) => limit(pid, '4096'),
    free: (pid) => limit(pid, 'unlimited'),
    close: nothing,
  };
}

function nothing(): void {}

function run(command: string, words: readonly string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

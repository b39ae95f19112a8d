/** Files with secrets of this gateway: made once, and kept. */
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Whole or not at all, readable for its owner only, and never over one that another process has just made: that one
 * stays. It is on the disk when this returns. Throws the system's error.
 */
export function createFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flush: true });
    link(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  flushFolder(dirname(path));
}

/** A file of this gateway that an operator has to see to. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}

const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'];

function link(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Some file systems have no hard links: then the last one wins.
    if (NO_LINKS.includes(code)) renameSync(temporary, path);
    else if (code !== 'EEXIST') throw error;
  }
}

/** Otherwise the name may be lost with the power, and what the key has encrypted is not. */
function flushFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Some systems cannot; the file is there all the same.
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than the process may write',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
};

/** For operators; the code itself if there is no better word. */
export function fileFailure(error: unknown): string {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? code;
}

/** The process that has locked a file. */
import { readFileSync, statSync } from 'node:fs';

/** Linux only, and processes of the same container only; undefined: not known. */
export function lockHolder(path: string): number | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return findHolder(readFileSync('/proc/locks', 'utf8'), dev, ino);
  } catch {
    return undefined;
  }
}

/**
 * @param locks /proc/locks, proc(5): `1: POSIX  ADVISORY  WRITE 3139 fe:00:2211961 1073741824 1073742335`
 * @param dev st_dev of the file: 12 bits of the major number from bit 8 on, the minor number around them
 */
function findHolder(locks: string, dev: bigint, ino: bigint): number | undefined {
  const major = (dev >> 8n) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  const hex = (part: bigint): string => part.toString(16).padStart(2, '0');
  const file = `${hex(major)}:${hex(minor)}:${ino}`;
  const fields = locks.split('\n').map((line) => line.trim().split(/\s+/));
  const pid = Number(fields.find((of) => of[5] === file)?.[4]);
  // 0: of another container.
  return pid > 0 ? pid : undefined;
}

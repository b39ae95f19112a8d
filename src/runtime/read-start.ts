import { closeSync, openSync, readSync } from 'node:fs';

/**
 * No more than asked for, even from an endless source such as a device.
 *
 * @param scratch is used for what fits into it, and then belongs to the result: for many small files, one after the
 *   other.
 */
export function readStart(path: string, max: number, scratch: Buffer = Buffer.alloc(8192)): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    let [piece, used, left] = [scratch, 0, max];
    for (;;) {
      const read = readSync(descriptor, piece, used, Math.min(left, piece.length - used), null);
      used += read;
      left -= read;
      if (read > 0 && left > 0 && used < piece.length) continue;
      pieces.push(piece.subarray(0, used));
      if (read === 0 || left === 0) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      [piece, used] = [Buffer.alloc(65_536), 0];
    }
  } finally {
    closeSync(descriptor);
  }
}

import { closeSync, openSync, readSync } from 'node:fs';

/** No more than asked for, even from an endless source such as a device. */
export function readStart(path: string, max: number): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    return readOpen(descriptor, max);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The same for an open file.
 *
 * @param size of a file, if it is known, bytes: saves the question for its end. 0: unknown.
 * @param scratch is used for what fits into it, and then belongs to the result: for many small files, one after the
 *   other.
 */
export function readOpen(descriptor: number, max: number, size = 0, scratch: Buffer = Buffer.alloc(8192)): Buffer {
  const pieces: Buffer[] = [];
  let [piece, used, left] = [scratch, 0, max];
  for (;;) {
    const read = readSync(descriptor, piece, used, Math.min(left, piece.length - used), null);
    used += read;
    left -= read;
    const isOver = read === 0 || left === 0 || max - left === size;
    if (!isOver && used < piece.length) continue;
    pieces.push(piece.subarray(0, used));
    if (isOver) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    [piece, used] = [Buffer.alloc(65_536), 0];
  }
}

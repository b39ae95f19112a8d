import { closeSync, openSync, readSync } from 'node:fs';

/** No more than asked for, even from an endless source such as a device. */
export function readStart(path: string, max: number): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let left = max; left > 0;) {
      const piece = Buffer.alloc(Math.min(left, 65_536));
      const read = readSync(descriptor, piece);
      if (read === 0) break;
      pieces.push(piece.subarray(0, read));
      left -= read;
    }
    return Buffer.concat(pieces);
  } finally {
    closeSync(descriptor);
  }
}

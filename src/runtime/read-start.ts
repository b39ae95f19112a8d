import { closeSync, openSync, readSync } from 'node:fs';

/** No more than asked for, even from an endless source such as a device. */
export function readStart(path: string, max: number): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    // Most files are small, and some configurations have thousands of them.
    for (let [left, size] = [max, 8192]; left > 0;) {
      const piece = Buffer.alloc(Math.min(left, size));
      const read = readSync(descriptor, piece);
      if (read === 0) break;
      pieces.push(piece.subarray(0, read));
      left -= read;
      if (read === size) size = 65_536;
    }
    return Buffer.concat(pieces);
  } finally {
    closeSync(descriptor);
  }
}

import { closeSync, openSync, readSync } from 'node:fs';

import { MOST_CHARACTERS } from './find-excess.ts';

/** Every character that is allowed takes up to three bytes. */
export const MOST_BYTES = 3 * MOST_CHARACTERS;

/** No more than is asked for, also of what has no end, such as a device. */
export function readStart(path: string, most: number): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let left = most; left > 0;) {
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

/** Different for every change of a file: also if it is replaced, or a symbolic link on its way points elsewhere. */
import { type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

export async function fileStamp(path: string): Promise<string> {
  try {
    return stampOf(await stat(path));
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

export function fileStampSync(path: string): string {
  try {
    return stampOf(statSync(path));
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

export function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}

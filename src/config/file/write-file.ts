import {
  accessSync,
  constants,
  copyFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Replaces a file's contents in one step: nobody ever reads half of it, not even after a power failure. The old contents
 * are kept beside it as `.bak`; the mode stays, and so does a symbolic link to it. Throws the file system's error;
 * both files are as before then.
 */
export function replaceFile(path: string, text: string): void {
  const file = realpathSync(path);
  const { mode } = statSync(file);
  const [next, last] = [`${file}.new`, `${file}.bak.new`];
  try {
    writeFileSync(next, text, { mode, flush: true });
    // Not over the older one: on a full disk it would be cut off.
    copyFileSync(file, last);
    renameSync(last, `${file}.bak`);
    renameSync(next, file);
  } catch (error) {
    for (const each of [next, last]) rmSync(each, { force: true });
    throw error;
  }
}

/**
 * The file system's error that {@link replaceFile} would throw, as far as that is known without writing: the folder takes
 * no files, or the file is on a read-only mount. Null: nothing is known against it, though the disk may be full.
 */
export function replaceObstacle(path: string): NodeJS.ErrnoException | null {
  try {
    const file = realpathSync(path);
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    return readOnlyMount(file);
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

/** A single file may be mounted. Its own mode does not matter: another file takes its place. */
function readOnlyMount(file: string): NodeJS.ErrnoException | null {
  try {
    accessSync(file, constants.W_OK);
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (failure.code === 'EROFS') return failure;
  }
  return null;
}

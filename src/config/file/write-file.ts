import { copyFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

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

import { copyFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file's contents in one step: nobody ever reads half of it. The old contents are kept beside it as `.bak`;
 * the mode stays, and so does a symbolic link to it. Throws the file system's error.
 */
export function replaceFile(path: string, text: string): void {
  const file = realpathSync(path);
  const { mode } = statSync(file);
  const next = `${file}.new`;
  try {
    writeFileSync(next, text, { mode });
    copyFileSync(file, `${file}.bak`);
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

/**
 * Files of tests that share a process: each process loads the same thousand modules anew, a second of work, which is more
 * than most of these files take.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Entry files, each of which runs up to `size` of the files, one after the other; these files themselves if one is
 * enough for each. @param folder where the entries are written
 */
export function groupFiles(files: readonly string[], size: number, folder: string): readonly string[] {
  if (size === 1) return files;
  mkdirSync(folder, { recursive: true });
  const count = Math.ceil(files.length / size);
  return Array.from({ length: count }, (_, at) => {
    // Of neighbours, one is often as slow as the other: each goes to another group.
    const members = files.filter((_file, index) => index % count === at);
    if (members.length === 1) return members[0]!;
    const entry = join(folder, `${at + 1}-of-${count}.test.ts`);
    writeFileSync(entry, members.map((file) => `import '${pathToFileURL(resolve(file)).href}';\n`).join(''));
    return entry;
  });
}

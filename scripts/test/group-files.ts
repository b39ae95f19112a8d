/**
 * Files of tests that share a process: each process loads the same thousand modules anew, a second of work, which is more
 * than most of these files take.
 *
 * A process ends with the last test that it knows of. A file that awaits at its top level has its own process, because the
 * tests of the others would end first.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Fails a process that ends before all its files are loaded, such as for an await in a module that one of them imports. */
const EXPECT_ALL = 'data:text/javascript,process.once("exit",()=>{if(!globalThis.areFilesLoaded)process.exitCode=1})';

/**
 * Entry files, each of which runs up to `size` of the files, one after the other; these files themselves if one is
 * enough for each. @param folder where the entries are written
 */
export function groupFiles(files: readonly string[], size: number, folder: string): readonly string[] {
  if (size === 1) return files;
  mkdirSync(folder, { recursive: true });
  const apart = files.filter(awaitsAtTop);
  const shared = files.filter((file) => !apart.includes(file));
  const count = Math.ceil(shared.length / size);
  const entries = Array.from({ length: count }, (_, at) => {
    // Of neighbours, one is often as slow as the other: each goes to another group.
    const members = shared.filter((_file, index) => index % count === at);
    if (members.length === 1) return members[0]!;
    const entry = join(folder, `${at + 1}-of-${count}.test.ts`);
    const urls = [EXPECT_ALL, ...members.map((file) => pathToFileURL(resolve(file)).href)];
    writeFileSync(entry, `${urls.map((url) => `import '${url}';\n`).join('')}globalThis.areFilesLoaded = true;\n`);
    return entry;
  });
  return [...entries, ...apart];
}

function awaitsAtTop(file: string): boolean {
  return /^(?:await|for await|[^\s/*].*[=(] await)\b/m.test(readFileSync(file, 'utf8'));
}

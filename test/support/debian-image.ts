/**
 * Contents of images without a registry: files of Debian packages that are installed here, as they are, with the libraries
 * that their programs need. The same files as in a root file system of debootstrap, in a second instead of minutes.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * @param paths programs and other files, absolute; of a folder everything in it
 * @returns a new folder under `parent` with these files, and the libraries of the programs, where they are here
 */
export function debianRoot(paths: readonly string[], parent: string): string {
  const root = mkdtempSync(join(parent, 'root-'));
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
    if (lstatSync(`/${name}`, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      symlinkSync(readlinkSync(`/${name}`), join(root, name));
  }
  const files = new Set<string>();
  const add = (path: string): void => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return;
    const place = join(realpathSync(dirname(path)), basename(path));
    if (files.has(place)) return;
    if (found.isDirectory()) {
      for (const name of readdirSync(place)) add(join(place, name));
      return;
    }
    files.add(place);
    if (found.isSymbolicLink()) add(resolve(dirname(place), readlinkSync(place)));
  };
  for (const path of paths) add(path);
  for (const library of librariesOf([...files])) add(library);
  execFileSync('sh', ['-c', 'tar -c -C / --files-from=- | tar -x -C "$0"', root], {
    input: [...files].map((path) => path.slice(1)).join('\n'),
  });
  return root;
}

function librariesOf(files: readonly string[]): Set<string> {
  const programs = files.filter((path) => statSync(path).isFile() && isElf(path));
  const { stdout } = spawnSync('ldd', programs, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return new Set([...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!));
}

function isElf(path: string): boolean {
  const file = openSync(path, 'r');
  const magic = Buffer.alloc(4);
  readSync(file, magic, 0, magic.length, 0);
  closeSync(file);
  return magic.toString('latin1') === '\x7fELF';
}

/** The files that one imported file includes: bounded in number, size and depth, and within its folder. */
import { globSync, lstatSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { readText } from '../../../config/file/text-reader.ts';
import { ConfigError } from '../../../config/load.ts';
import { ImportFailure } from '../old-file.ts';

export interface NamedText {
  /** For messages. */
  readonly name: string;
  readonly text: string;
}

/** What parsers know of the disk. */
export interface IncludedFiles {
  /** The files that a name or pattern stands for, in order; none if there are none. Throws an ImportFailure. */
  find(pattern: string): readonly NamedText[];
}

const MAX_FILES = 500;
/** Of all together. */
const MAX_CHARACTERS = 8 * 1024 * 1024;

/** Names outside of the folder are refused; those of the usual places are looked for in it. */
const USUAL_FOLDERS = ['/etc/nginx/', '/usr/local/nginx/conf/', '/etc/caddy/', '/etc/haproxy/', '/etc/traefik/'];

export class BoundedFiles implements IncludedFiles {
  readonly #folder: string;
  #count = 0;
  #characters = 0;

  /** @param main the file that includes others */
  constructor(main: string, cwd: string) {
    this.#folder = dirname(resolve(cwd, main));
  }

  find(pattern: string): readonly NamedText[] {
    const usual = USUAL_FOLDERS.find((folder) => pattern.startsWith(folder));
    const local =
      usual === undefined || pattern.startsWith(`${this.#folder}${sep}`) ? pattern : pattern.slice(usual.length);
    const path = relative(this.#folder, resolve(this.#folder, local));
    if (path.startsWith('..') || resolve(path) === path)
      throw new ImportFailure(`"${pattern}" is outside of the folder of the file`);
    return globSync(path, { cwd: this.#folder })
      .toSorted()
      .filter((each) => !lstatSync(join(this.#folder, each), { throwIfNoEntry: false })?.isDirectory())
      .map((each) => this.#read(each));
  }

  #read(path: string): NamedText {
    const real = realpathSync(join(this.#folder, path));
    if (!real.startsWith(`${realpathSync(this.#folder)}${sep}`))
      throw new ImportFailure(`"${path}" leads out of the folder of the file`);
    this.#count += 1;
    if (this.#count > MAX_FILES) throw new ImportFailure(`more than ${MAX_FILES} files are included`);
    const text = read(path, this.#folder);
    this.#characters += text.length;
    if (this.#characters > MAX_CHARACTERS)
      throw new ImportFailure(`the included files have more than ${MAX_CHARACTERS} characters`);
    return { name: path, text };
  }
}

function read(path: string, folder: string): string {
  try {
    return readText(path, folder);
  } catch (error) {
    if (error instanceof ConfigError) throw new ImportFailure(error.message);
    throw error;
  }
}

// Which form of the server runs: dist/, from `npm run build`, unless a source has changed since. An installation
// without sources has only dist/; one without development packages only sources.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const SOURCES = ['src', 'plugins', 'drizzle', 'openapi'];

/** @type {boolean | undefined} */
let isCurrent;

/** The URL of the program `src/NAME.ts` in the form that runs. */
export function resolveBuilt(name) {
  isCurrent ??= isBuildCurrent();
  return new URL(isCurrent ? `../dist/${name}.js` : `../src/${name}.ts`, import.meta.url).href;
}

/** The file in dist/ for a worker's source, from its path. */
export function builtName(path) {
  return relative(join(root, 'src'), path).replaceAll('/', '-').replace(/ts$/, 'js');
}

export function isBuildCurrent() {
  const built = statSync(join(root, 'dist/main.js'), { throwIfNoEntry: false });
  if (built === undefined) return false;
  if (!existsSync(join(root, 'src'))) return true;
  return SOURCES.every((folder) => isOlder(join(root, folder), built.mtimeMs));
}

/** A removed file shows by its folder. */
function isOlder(folder, ms) {
  if (statSync(folder).mtimeMs > ms) return false;
  return readdirSync(folder, { withFileTypes: true }).every((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? isOlder(path, ms) : statSync(path).mtimeMs <= ms;
  });
}

/** The part of npm's cache on this machine that an installation from the lock file reads, for an engine's build. */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Entry {
  readonly key: string;
  readonly integrity: string | null;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
}

/**
 * Copies the descriptions and archives of the packages in the lock file. npm downloads what is missing.
 *
 * @param cache what `npm config get cache` prints
 * @param target a folder to set as npm's `cache`
 */
export function copyNpmCache(cache: string, registry: string, lockFile: string, target: string): void {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as Lock;
  const names = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')));
  const archives = new Set(Object.values(packages).map(({ integrity }) => integrity));
  const copy = (path: string): void => {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(cache, path), join(target, path));
  };
  const prefix = `make-fetch-happen:request-cache:${registry.replace(/\/*$/, '/')}`;
  for (const bucket of globSync('_cacache/index-v5/*/*/*', { cwd: cache })) {
    const entries = readFileSync(join(cache, bucket), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line.slice(line.indexOf('\t') + 1)) as Entry)
      .filter(({ key, integrity }) => {
        if (!key.startsWith(prefix) || integrity === null) return false;
        return archives.has(integrity) || names.has(decodeURIComponent(key.slice(prefix.length)));
      });
    if (entries.length > 0) copy(bucket);
    for (const { integrity } of entries) {
      const content = contentPath(integrity!);
      if (existsSync(join(cache, content))) copy(content);
    }
  }
}

/** As the package cacache lays it out. */
function contentPath(integrity: string): string {
  const [algorithm, digest] = integrity.split('-') as [string, string];
  const hex = Buffer.from(digest, 'base64').toString('hex');
  return join('_cacache/content-v2', algorithm, hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
}

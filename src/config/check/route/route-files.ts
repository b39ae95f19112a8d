/** Files that routes answer with: readable, and small enough. */
import type { PemFiles } from '../../../certificates/pem-files.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding, type Warning } from '../../file/problem.ts';
import type { Show } from '../../file/references.ts';
import type { ConfigFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';
import { notOpened } from '../warnings.ts';

interface NamedFile {
  readonly path: Path;
  readonly name: string;
}

export function checkRouteFiles(file: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Finding[] {
  return namedFiles(file).flatMap(({ path, name }) => {
    if (!files.mayRead(name)) return [];
    try {
      files.readContent(name);
      return [];
    } catch (error) {
      return [finding(path, `"${show(path, name)}" ${(error as Error).message}`)];
    }
  });
}

/** Files that were not opened: see unreadFiles. */
export function unreadRouteFiles(file: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Warning[] {
  return namedFiles(file)
    .filter(({ name }) => !files.mayRead(name))
    .map(({ path, name }) => ({ key: path.join('.'), message: notOpened(show(path, name)) }));
}

function namedFiles({ routes = [] }: Draft<ConfigFile>): readonly NamedFile[] {
  return routes.flatMap((route, at) => {
    const here = ['routes', String(at)];
    const named = [
      [['respond', 'file'], route?.respond?.file] as const,
      ...Object.entries(route?.error_pages?.pages ?? {}).map(
        ([key, name]) => [['error_pages', 'pages', key], name] as const,
      ),
    ];
    return named.flatMap(([keys, name]) => (name === undefined ? [] : [{ path: [...here, ...keys], name }]));
  });
}

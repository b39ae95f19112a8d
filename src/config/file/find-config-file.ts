import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Environment } from './read-variable.ts';
import { ConfigError } from './problem.ts';

/** Looked for in the working directory. */
const DEFAULT_FILES = ['sluice.yaml', ...['ts', 'mts', 'js', 'mjs'].map((extension) => `sluice.config.${extension}`)];

/** The default names of which there are files in a folder. */
export function defaultFilesIn(folder: string): readonly string[] {
  return DEFAULT_FILES.filter((name) => existsSync(resolve(folder, name)));
}

/**
 * The name of the configuration file, as the user would write it; undefined: there is none, only flags. Throws a
 * ConfigError if there are two to choose from.
 */
export function findConfigFile(input: {
  readonly file?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
}): string | undefined {
  if (input.file !== undefined) return input.file;
  if (input.env.SLUICE_CONFIG !== undefined && input.env.SLUICE_CONFIG !== '') return input.env.SLUICE_CONFIG;
  const [first, second] = defaultFilesIn(input.cwd);
  if (second === undefined) return first;
  const message = `${first} and ${second} both exist; remove one, or choose one with --config FILE or SLUICE_CONFIG`;
  throw new ConfigError([{ source: 'sluice', line: null, column: null, path: '', message }]);
}

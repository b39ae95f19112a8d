import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Environment } from './interpolate.ts';

/** The name of the configuration file, as the user would write it; undefined: there is none, only flags. */
export function findConfigFile(input: {
  readonly file?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
}): string | undefined {
  if (input.file !== undefined) return input.file;
  if (input.env.SLUICE_CONFIG !== undefined && input.env.SLUICE_CONFIG !== '') return input.env.SLUICE_CONFIG;
  return existsSync(resolve(input.cwd, 'sluice.yaml')) ? 'sluice.yaml' : undefined;
}

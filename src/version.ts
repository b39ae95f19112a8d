import { fileURLToPath } from 'node:url';
import type { BuildKind } from './distribution/core/distribution-vocabulary.ts';
import { readOwnFile } from './distribution/own-files.ts';

const { version, gitHead, build } = JSON.parse(
  readOwnFile(fileURLToPath(new URL('../package.json', import.meta.url))).toString(),
) as {
  readonly version: string;
  readonly gitHead?: string;
  readonly build?: BuildKind;
};

/** Version of the package, from package.json. */
export const VERSION: string = version;
/** That the package was built from (npm's `gitHead`); null: unknown, as in a clone. */
export const COMMIT: string | null = gitHead ?? null;
/** Written to package.json by whatever ships it. */
export const BUILD: BuildKind = build ?? 'source';

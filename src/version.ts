import { readFileSync } from 'node:fs';

const { version, gitHead } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
  readonly gitHead?: string;
};

/** Version of the package, from package.json. */
export const VERSION: string = version;
/** That the package was built from (npm's `gitHead`); null: unknown, as in a clone. */
export const COMMIT: string | null = gitHead ?? null;

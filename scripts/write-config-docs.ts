import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { withLists } from './architecture-reference.ts';
import { ConfigSchema } from '../src/config/schema/schema.ts';
import { toJsonSchema } from '../src/config/editor/json-schema.ts';
import { configReference } from './config-reference.ts';
import { configTypes } from './config-types.ts';
import { manPage } from './man-page.ts';
import { metricsReference } from './metrics-reference.ts';
import { MIGRATION_PAGES, withDirectives } from './migration-reference.ts';
import { VERSION } from '../src/version.ts';

/**
 * Writes the documents generated from the configuration's schema, the list of metrics, the help and the sources. With `--check`:
 * writes nothing, exits 1 if a file is stale.
 */
const FILES = {
  'docs/configuration.md': configReference(),
  'docs/metrics.md': metricsReference(),
  'docs/architecture.md': withLists(read(fileURLToPath(new URL('../docs/architecture.md', import.meta.url))) ?? ''),
  ...Object.fromEntries(
    MIGRATION_PAGES.map((format) => {
      const name = `docs/migrating/${format}.md`;
      return [name, withDirectives(read(fileURLToPath(new URL(`../${name}`, import.meta.url))) ?? '', format)];
    }),
  ),
  'docs/man/sluice.1': await manPage(VERSION),
  'src/config/code/config-input.ts': configTypes(),
  'openapi/config.schema.json': `${JSON.stringify(toJsonSchema(ConfigSchema), null, 2)}\n`,
};
const isCheck = process.argv.includes('--check');

for (const [name, text] of Object.entries(FILES)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if (!isCheck) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (read(path) !== text) {
    console.error(`${name} is stale: run node scripts/write-config-docs.ts`);
    process.exitCode = 1;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

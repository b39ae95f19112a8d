/**
 * Writes openapi/openapi.json and openapi/metrics-ws.schema.json from the routes of the admin app.
 * `--check` writes nothing and exits with 1 when they differ from what is there.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { metricsStreamSchema } from '../src/schemas/metrics-stream-schema.ts';
import { fakeAdminApp } from '../test/support/admin-app.ts';

const root = new URL('../', import.meta.url);
const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as { version: string };

const app = await fakeAdminApp({ version });
await app.ready();
const documents = {
  'openapi/openapi.json': app.swagger(),
  'openapi/metrics-ws.schema.json': metricsStreamSchema(),
};
await app.close();

for (const [path, document] of Object.entries(documents)) {
  const file = new URL(path, root);
  const text = `${JSON.stringify(sorted(document), null, 2)}\n`;
  if (!process.argv.includes('--check')) {
    await writeFile(file, text);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`${path} is not what the routes say: run node scripts/write-openapi.ts`);
    process.exitCode = 1;
  }
}

/** Keys in alphabetical order, so that the order of registration never shows as a change. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/**
 * Writes openapi/openapi.json, openapi/metrics-ws.schema.json and the typed client openapi/client.ts from the routes of
 * the admin app. `--check` writes nothing and exits with 1 if they differ.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { metricsStreamSchema } from '../src/openapi/metrics-stream-schema.ts';
import { fakeAdminApp } from '../test/support/admin-app.ts';
import { apiTypes } from '../tools/codegen/api-types.ts';

/** Precedes the types; its imports are all that a user of the client needs. */
const CLIENT = `/** Sluice's admin API with types. Generated from openapi.json by scripts/write-openapi.ts: do not edit. */
import createFetchClient, { type Client, type ClientOptions } from 'openapi-fetch';

export type SluiceClient = Client<paths>;

/** \`createClient({ baseUrl: 'http://127.0.0.1:9000', headers: { authorization: 'Bearer …' } })\` */
export function createClient(options: ClientOptions): SluiceClient {
  return createFetchClient<paths>(options);
}
`;

const root = new URL('../', import.meta.url);
const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as { version: string };

const app = await fakeAdminApp({ version });
await app.ready();
const document = sorted(app.swagger()) as object;
const documents = {
  'openapi/openapi.json': jsonText(document),
  'openapi/metrics-ws.schema.json': jsonText(metricsStreamSchema()),
  'openapi/client.ts': `${CLIENT}\n${await apiTypes(document)}`,
};
await app.close();

for (const [path, text] of Object.entries(documents)) {
  const file = new URL(path, root);
  if (!process.argv.includes('--check')) {
    await writeFile(file, text);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`${path} does not match the routes: run node scripts/write-openapi.ts`);
    process.exitCode = 1;
  }
}

function jsonText(value: object): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

/** Keys in alphabetical order, so that the order of registration never shows as a change. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

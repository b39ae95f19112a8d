/** Everything that `sluice check` accepts starts: every key of the schema at its largest value. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TSchema } from '@sinclair/typebox';
import { ConfigError } from '../../src/config/file/problem.ts';
import { loadText } from '../../src/config/load.ts';
import {
  isArraySchema,
  isObjectSchema,
  isRecordSchema,
  isUnionSchema,
  recordValue,
} from '../../src/config/schema/schema-at.ts';
import { ConfigSchema } from '../../src/config/schema/schema.ts';
import { MAX_BACKENDS, MAX_POOLS, MAX_ROUTES } from '../../src/runtime/table-sizes.ts';
import { allocateSharedMemory } from '../../src/threads/shared-memory.ts';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { httpRequest } from '../support/http-request.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

type Path = readonly (string | number)[];
interface Place {
  readonly path: Path;
  readonly value: number | string;
}

/** Keys set by the test itself, threads (see below), and health checks that a backend would have to answer. */
const APART = /^(server|admin)\.port$|^server\.threads$|health_check\.(port|expected_status)/;

function* maximums(schema: TSchema, path: Path = []): Generator<Place> {
  if (isUnionSchema(schema)) for (const variant of schema.anyOf) yield* maximums(variant, path);
  else if (isObjectSchema(schema)) {
    for (const [key, inner] of Object.entries(schema.properties)) yield* maximums(inner, [...path, key]);
  } else if (isRecordSchema(schema)) yield* maximums(recordValue(schema), [...path, 'p']);
  else if (isArraySchema(schema)) yield* maximums(schema.items, [...path, 0]);
  else if (APART.test(path.join('.'))) return;
  else if (typeof schema['maximum'] === 'number') yield { path, value: schema['maximum'] };
  else if (String(schema['format']).startsWith('sluice-duration')) yield { path, value: '24h' };
}

interface Tree {
  [key: string]: unknown;
}

function withPlace(document: Tree, { path, value }: Place): Tree {
  const copy = structuredClone(document);
  let at: Tree = copy;
  for (const [depth, key] of path.entries()) {
    if (depth === path.length - 1) at[key] = value;
    else at = (at[key] ??= typeof path[depth + 1] === 'number' ? [] : {}) as Tree;
  }
  return copy;
}

function isAccepted(document: Tree): boolean {
  try {
    loadText(JSON.stringify(document), 'max.json', {}, { threads: '2', host: '127.0.0.1', port: '0', adminPort: '0' });
    return true;
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return false;
  }
}

/** As few documents as the checks between keys allow, which together contain every key that any of them accepts. */
function documents(base: Tree): { readonly all: readonly Tree[]; readonly refused: readonly string[] } {
  const all: Tree[] = [];
  const refused: string[] = [];
  for (const place of maximums(ConfigSchema)) {
    if (!isAccepted(withPlace(base, place))) {
      refused.push(place.path.join('.'));
      continue;
    }
    const at = all.findIndex((document) => isAccepted(withPlace(document, place)));
    if (at === -1) all.push(withPlace(base, place));
    else all[at] = withPlace(all[at]!, place);
  }
  return { all, refused };
}

test('a gateway starts and forwards with every key at its maximum', { timeout: 120_000 }, async (t) => {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const base = { pools: { p: { backends: [{ url: backends[0]!.url, id: 'b' }] } }, routes: [{ pool: 'p' }] };
  const { all, refused } = documents(base);
  t.diagnostic(`${all.length} documents; alone refused: ${refused.join(', ')}`);
  assert.ok(all.length > 0 && all.length < 12, `${all.length} documents`);
  for (const document of all) {
    const gateway = await runGatewayProcess(t, { yaml: JSON.stringify(document) });
    const ready = await httpRequest(`${gateway.adminUrl}/readyz`);
    // Nothing answers where a source of members is looked for, and a start waits for it as long as it may.
    const isWaiting = JSON.stringify(document).includes('"discover"');
    assert.equal(ready.status, isWaiting ? 503 : 200, ready.body);
    if (isWaiting) assert.match(ready.body, /discovery/);
    const answer = await httpRequest(`${gateway.trafficUrl}/`);
    assert.equal(answer.status, 200, answer.body);
    gateway.child.kill('SIGKILL');
    await gateway.exit;
  }
});

test('a gateway starts with as many backends, pools and routes as there may be', { timeout: 120_000 }, async (t) => {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const many = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
  const lines = [
    'health_check: { enabled: false }',
    'pools:',
    ...many(MAX_POOLS).map((at) => `  p${at}: { backends: [{ url: "${backends[0]!.url}/${at}", id: b${at} }] }`),
    'routes:',
    ...many(MAX_ROUTES).map((at) => `  - { name: r${at}, path_prefix: /r${at}, pool: p${at} }`),
  ];
  assert.equal(MAX_BACKENDS, MAX_POOLS);
  const gateway = await runGatewayProcess(t, { yaml: `${lines.join('\n')}\n` });
  assert.equal((await httpRequest(`${gateway.trafficUrl}/r${MAX_ROUTES - 1}`)).status, 200);
});

test('the tables of as many threads and clients as there may be can be had', () => {
  const { properties } = ConfigSchema.properties.server;
  const threads = [...maximumOf(properties.threads)].at(-1)!;
  const clients = [...maximumOf(ConfigSchema.properties.rate_limit.properties.max_clients)].at(-1)!;
  const memory = allocateSharedMemory({ threads, maxClients: clients, hashKey: new Uint32Array([1, 2]) });
  assert.ok(memory !== undefined);
});

function* maximumOf(schema: TSchema): Generator<number> {
  if (isUnionSchema(schema)) for (const variant of schema.anyOf) yield* maximumOf(variant);
  else if (typeof schema['maximum'] === 'number') yield schema['maximum'];
}

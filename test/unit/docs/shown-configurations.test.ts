/** Every configuration that a page shows loads, whole or in part. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TSchema } from '@sinclair/typebox';
import { isMap, parseAllDocuments, stringify } from 'yaml';
import { ConfigSchema } from '../../../src/config/schema/schema.ts';
import { schemaAt } from '../../../src/config/schema/schema-at.ts';
import { problemsOf } from '../../support/config-problems.ts';
import { fences, PAGES } from '../../support/pages.ts';

type Mapping = Readonly<Record<string, unknown>>;

const TOP = keysAt();
const ROUTE = keysAt('routes', '0');
const POOL = keysAt('pools', 'NAME');
/** Files of the reader's machine. */
const NOT_HERE = /cannot be (?:read|run): the file does not exist/;
const SHORTENED = 'scrypt:15:8:3:…';
const HASH = `scrypt:15:8:3:${'A'.repeat(22)}:${'A'.repeat(43)}`;
const BACKENDS = [{ url: 'http://127.0.0.1:8081' }];

describe('configurations on pages', () => {
  for (const page of PAGES) {
    const blocks = fences(page, /^ya?ml$/);
    if (blocks.length === 0) continue;
    test(`all on ${page.path} load`, () => {
      for (const config of blocks.flatMap(({ text }) => configurationsIn(text))) {
        const text = stringify(completed(config), { aliasDuplicateObjects: false }).replaceAll(SHORTENED, HASH);
        const problems = problemsOf(text, { fileName: 'shown.yaml', env: variablesOf(text) });
        assert.deepEqual(
          problems.filter((problem) => !NOT_HERE.test(problem)),
          [],
          stringify(config),
        );
      }
    });
  }
});

test('a part of a configuration is recognised, and nothing else', () => {
  assert.deepEqual(configurationsIn('services: { web: {} }'), []);
  assert.deepEqual(configurationsIn('- url: http://a:1'), []);
  assert.deepEqual(configurationsIn('server: { port: 1 }'), [{ server: { port: 1 } }]);
  assert.deepEqual(configurationsIn('cors: {}'), [{ routes: [{ path_prefix: '/', pool: 'default', cors: {} }] }]);
  assert.deepEqual(configurationsIn('timeout: 1s\n---\ntimeout: 2s').length, 2);
  // Alternatives in one block.
  assert.deepEqual(configurationsIn('timeout: 1s\ntimeout: 2s').length, 2);
  assert.throws(() => configurationsIn('cors: {}\ncros: {}'), /cros/);
});

function keysAt(...path: readonly string[]): readonly string[] {
  return Object.keys((schemaAt(ConfigSchema, path) as TSchema & { properties: object }).properties);
}

function configurationsIn(text: string): readonly Mapping[] {
  return parseAllDocuments(text, { uniqueKeys: false }).flatMap((document): readonly Mapping[] => {
    const value = document.toJS() as unknown;
    if (Array.isArray(value)) return isRoutes(value) ? [{ routes: value }] : [];
    if (!isMap(document.contents)) return [];
    const pairs = document.contents.items.map(({ key, value: of }) => [
      String(key),
      (of as { toJS?: (of: typeof document) => unknown } | null)?.toJS?.(document) ?? null,
    ]);
    const keys = pairs.map(([key]) => key as string);
    const isAlternatives = new Set(keys).size < keys.length;
    const parts = isAlternatives ? pairs.map((pair) => [pair]) : [pairs];
    return parts.map((part) => Object.fromEntries(part) as Mapping).flatMap(placed);
  });
}

/** Puts keys of a route or a pool where they belong. Throws if some keys are known and others not. */
function placed(part: Mapping): readonly Mapping[] {
  const keys = Object.keys(part);
  if (isHelmValues(part)) return [part.config];
  const places: readonly (readonly [readonly string[], Mapping])[] = [
    [TOP, part],
    [ROUTE, { routes: [withAction(part)] }],
    [POOL, { pools: { default: { backends: BACKENDS, ...part } } }],
  ];
  const place = places.find(([known]) => keys.every((key) => known.includes(key)));
  if (place !== undefined) return [place[1]];
  if (!keys.some((key) => places.some(([known]) => known.includes(key)))) return [];
  throw new Error(`some of these are no keys: ${keys.join(', ')}`);
}

function isHelmValues(part: Mapping): part is { readonly config: Mapping } {
  return Object.hasOwn(part, 'config') && Object.hasOwn(part, 'image');
}

function withAction(route: Mapping): Mapping {
  const hasOne = ['pool', 'split', 'redirect', 'respond'].some((key) => Object.hasOwn(route, key));
  const match = JSON.stringify(route).includes('{group.1}') ? { path_regex: '/(.*)' } : { path_prefix: '/' };
  return { ...match, ...(hasOne ? {} : { pool: 'default' }), ...route };
}

function isRoutes(list: readonly unknown[]): boolean {
  return list.every((item) => Object.keys(item as Mapping).every((key) => ROUTE.includes(key)));
}

/** With what the reader has elsewhere: the pools that routes name, routes to several pools, a certificate. */
function completed(config: Mapping): Mapping {
  const own = (config['pools'] ?? {}) as Mapping;
  const named = [...poolsNamed(config), ...(config['pools'] === undefined ? ['default'] : [])];
  const missing = named.filter((name) => !Object.hasOwn(own, name));
  const pools = { ...Object.fromEntries(missing.map((name) => [name, { backends: BACKENDS }])), ...own };
  const routes = Object.keys(pools).map((pool) => ({ path_prefix: `/${pool}`, pool }));
  const tls = { certificates: [{ cert_file: 'a.pem', key_file: 'a.key' }], ...(config['tls'] as Mapping | undefined) };
  return { routes, ...config, ...(config['tls'] === undefined ? {} : { tls }), pools };
}

function poolsNamed(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'pool' && typeof inner === 'string' ? [inner] : poolsNamed(inner),
  );
}

/** All that a configuration refers to, and those that it may need. */
function variablesOf(text: string): Record<string, string> {
  const names = [...text.matchAll(/\$\{([A-Z_0-9]+)\}/g)].map(([, name]) => name!);
  return {
    ...Object.fromEntries(names.map((name) => [name, 'a-secret-of-at-least-32-characters'])),
    COLLECTOR: 'http://collector:4318',
    SLUICE_ADMIN_TOKEN: 'a-token-of-at-least-32-characters',
    ...(text.includes('fleet:') ? { DATABASE_URL: 'postgres://sluice@db.example.com/sluice' } : {}),
  };
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ConfigError, loadText } from '../../../src/config/load.ts';
import { nearest } from '../../../src/config/schema/nearest.ts';
import { MAX_BACKENDS, MAX_CLIENTS, MAX_POOLS, MAX_ROUTES } from '../../../src/runtime/table-sizes.ts';
import { POOL, problemsOf } from '../../support/config-problems.ts';

const many = (count: number, make: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => make(at)).join('');
const backend = (at: number): string => `{ url: "http://h${at}" }, `;
const routes = (count: number): string =>
  `routes: [${many(count, (at) => `{ name: r${at}, path_prefix: /${at}, pool: default }, `)}]`;

describe('the work for a text is bounded', () => {
  /** Text, and the one line it makes. */
  const REFUSED: Readonly<Record<string, readonly [text: string, line: RegExp]>> = {
    'a text that is too long': ['#'.repeat(4 * 1024 * 1024 + 1), /^c\.yaml:1:1: 4194305 characters; at most 4194304/],
    'lists in lists': [`${POOL}x: ${'['.repeat(300_000)}`, /^c\.yaml:2:36: nested deeper than 32 levels$/],
    'mappings in mappings': [`${POOL}x: ${'{a: '.repeat(100_000)}`, /nested deeper than 32 levels$/],
    'lists in lists, by dashes': [
      `${POOL}x:\n  ${'- '.repeat(100_000)}`,
      /^c\.yaml:3:67: nested deeper than 32 levels$/,
    ],
    'keys of keys': ['? '.repeat(100_000), /nested deeper than 32 levels$/],
    'levels by indentation': [
      `${POOL}x:\n${many(40, (at) => `${' '.repeat(at + 1)}a:\n`)}`,
      /nested deeper than 32 levels$/,
    ],
    'a list without end': [`${POOL}x: [${'1, '.repeat(300_000)}]`, /more than 400000 words and punctuation marks$/],
    'closing brackets alone': [`${POOL}x: ${'} '.repeat(450_000)}`, /more than 400000 words/],
    'aliases without end': [
      `${POOL}a: &a 1\nb: [${'*a, '.repeat(10_001)}]`,
      /^c\.yaml:3:40005: more than 10000 aliases$/,
    ],
    'a few lines that stand for billions of values': [
      `${POOL}a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${many(9, (at) => `a${at + 1}: &a${at + 1} [${`*a${at}, `.repeat(10)}]\n`)}`,
      /more than 100000 values$/,
    ],
    'a list that holds itself': [`${POOL}routes: &r [*r]`, /nested deeper than 32 levels$/],
    'a value that is too long': [
      `server: { host: "${'x'.repeat(16_384)}" }`,
      /a value of 16386 characters; at most 16384/,
    ],
    'a number that is too long': [
      `server: { port: ${'9'.repeat(20_000)} }`,
      /a value of 20000 characters; at most 16384/,
    ],
    'a key that is too long': [
      `${POOL}server: { ${'k'.repeat(257)}: 1 }`,
      /server: a key of 257 characters; at most 256 are allowed$/,
    ],
  };
  for (const [name, [text, line]] of Object.entries(REFUSED)) {
    test(`${name}: one line says what is too much`, () => {
      const lines = problemsOf(text);
      assert.equal(lines.length, 1);
      assert.match(lines[0]!, line);
    });
  }

  test('thousands of aliases are found in one walk through a large document', { timeout: 60_000 }, () => {
    const text = `${POOL}x: [${many(9900, (at) => `&a${at} 1, 2, 3, 4, *a${at}, `)}]`;
    assert.match(problemsOf(text).join('\n'), /^c\.yaml:2:1: x: unknown key "x".*$/);
  });

  test('of a thousand mistakes a hundred are shown, and that there are more', () => {
    for (const text of [
      many(1000, (at) => `serve${at}: 1\n`),
      many(1000, () => 'a: 1\n'),
      many(1000, () => '%FOO a\n'),
      `${POOL}routes: [{ pool: default, methods: [${'G@X, '.repeat(1000)}] }]`,
      `${POOL}routes: [${many(1000, (at) => `{ name: r${at}, pool: defualt }, `)}]`,
      `${POOL}routes: [${'{ pool: default }, '.repeat(1000)}]`,
      `${POOL}server: { trust_proxy: [${'x, '.repeat(1000)}] }`,
      `${POOL}server: { trust_proxy: [${'"${NOPE}", '.repeat(1000)}] }`,
    ]) {
      const lines = problemsOf(text);
      assert.equal(lines.length, 101, text.slice(0, 100));
      assert.equal(lines.at(-1), 'c.yaml: there are more problems; the first 100 are shown');
    }
  });

  test('no line is longer than a reader can bear, whatever is in the file', () => {
    const long = 'x'.repeat(10_000);
    for (const text of [
      `${POOL}server: { port: ${'9'.repeat(10_000)} }`,
      `${POOL}routes: [{ pool: ${long} }]`,
      `${POOL}routes: [{ pool: default, name: ${long} }]`,
      `pools: { ${many(2000, (at) => `p${at}-${'x'.repeat(50)}: { backends: [{ url: "http://a" }] }, `)} }`,
      `pools: { a: { sticky: { keys: [{ id: ${long}, secret: ${long} }] }, backends: [{ url: "http://a", id: ${long} }] } }`,
    ]) {
      const lines = problemsOf(text);
      assert.ok(lines.length > 0, text.slice(0, 100));
      for (const line of lines) assert.ok(line.length <= 2100, `${line.length}: ${line.slice(0, 100)}`);
    }
  });

  test('the nearest word is looked for among two hundred', () => {
    const candidates = Array.from({ length: 300 }, (_, at) => `candidate-${at}`);
    assert.equal(nearest('candidate_199', candidates), 'candidate-199');
    assert.notEqual(nearest('candidate_299', candidates), 'candidate-299');
  });
});

describe('an alias', () => {
  const hosts = (text: string): readonly (string | null)[] =>
    loadText(`${POOL}${text}`, 'c.yaml', {}, {}).routes.map(({ host }) => host);

  test('refers to the last anchor of its name above it', () => {
    const text = `routes:
  - { pool: &name default, host: &h a.example }
  - { pool: *name, host: *h, path_prefix: /b }
  - { pool: *name, host: &h c.example }
  - { pool: *name, host: *h, path_prefix: /d }`;
    assert.deepEqual(hosts(text), ['a.example', 'a.example', 'c.example', 'c.example']);
  });

  test('that names no anchor above it is a mistake, also where one stands below', () => {
    for (const text of ['routes: [{ pool: *nope }]', 'routes: [{ pool: *p }, { pool: &p default }]'])
      assert.match(problemsOf(`${POOL}${text}`)[0] ?? '', /Unresolved alias|matches no anchor above it/);
  });
});

describe('more than the tables hold is refused, with both numbers', () => {
  const pools = (count: number): string =>
    `pools: { default: { backends: [{ url: "http://a" }] }, ${many(count - 1, (at) => `p${at}: { backends: [] }, `)} }`;
  const OVER: Readonly<Record<string, readonly [text: string, line: string]>> = {
    backends: [
      `pools: { a: { backends: [${many(4000, backend)}] }, b: { backends: [${many(97, backend)}] } }`,
      `c.yaml:1:8: pools: found ${MAX_BACKENDS + 1} backends in all pools together; at most ${MAX_BACKENDS} are supported`,
    ],
    pools: [
      pools(MAX_POOLS + 1),
      `c.yaml:1:8: pools: found ${MAX_POOLS + 1} pools; at most ${MAX_POOLS} are supported`,
    ],
    routes: [
      `${POOL}${routes(MAX_ROUTES + 1)}`,
      `c.yaml:2:9: routes: found ${MAX_ROUTES + 1} routes; at most ${MAX_ROUTES} are supported`,
    ],
    splits: [
      `${POOL}routes:\n${Array.from({ length: 129 }, (_, at) => `- { path: /${at}, split: [${'{ pool: default, weight: 1 },'.repeat(31)}] }`).join('\n')}`,
      `c.yaml:3:1: routes: found ${129 * 32} routes and pools of splits; at most ${MAX_ROUTES} are supported`,
    ],
    clients: [
      `${POOL}rate_limit: { max_clients: 16500000 }`,
      `c.yaml:2:28: rate_limit.max_clients: found 16500000; allowed: an integer from 1 to ${MAX_CLIENTS}`,
    ],
    'trials of a half-open circuit': [
      `${POOL}circuit_breaker: { half_open_trials: 16 }`,
      'c.yaml:2:38: circuit_breaker.half_open_trials: found 16; allowed: an integer from 1 to 15',
    ],
    'a window of failures shorter than its buckets': [
      `${POOL}circuit_breaker: { window: 9ms }`,
      'c.yaml:2:28: circuit_breaker.window: window (9ms) must not be shorter than 10ms',
    ],
  };
  for (const [name, [text, line]] of Object.entries(OVER)) {
    test(name, () => assert.deepEqual(problemsOf(text), [line]));
  }

  test('as many as the tables hold are accepted', () => {
    const text = `pools: { default: { backends: [${many(MAX_BACKENDS, backend)}] } }\n${routes(MAX_ROUTES)}`;
    const settings = loadText(text, 'c.yaml', {}, {});
    assert.deepEqual([settings.pools[0]!.backends.length, settings.routes.length], [MAX_BACKENDS, MAX_ROUTES]);
  });

  test('the refusal is a ConfigError as any other', () => {
    assert.throws(() => loadText(OVER.backends![0], 'c.yaml', {}, {}), ConfigError);
  });
});

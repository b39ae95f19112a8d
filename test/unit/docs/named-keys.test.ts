/** Every key of the configuration that a page names exists, takes the value shown with it, and has the default stated. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { parse } from 'yaml';
import { isObjectSchema } from '../../../src/config/schema/schema-at.ts';
import { isSection, placesOf } from '../../support/config-places.ts';
import { fences, type Page, PAGES, spans } from '../../support/pages.ts';

/** Names of other programs' settings are what these are about. */
const FOREIGN_PAGES = /^docs\/(?:migrating|tracing|architecture)/;
const FILE_OR_HOST = /\.(?:yaml|yml|ts|js|json|conf|txt|pem|crt|db|com|svc|io)$/;
/** Of Kubernetes, of the Helm chart, of a recording, and lines that commands print. */
const FOREIGN = [
  'backend.service',
  'backend.resource',
  'discovery.enabled',
  'discovery.routes',
  'meta.time',
  'discovery: web',
  'discovery: routes of kubernetes',
];

const PATH = /^[a-z][a-z0-9_]*(?:\[\w*\])?(?:\.(?:[a-z0-9_]+|NAME|POOL|ID)(?:\[\w*\])?)+$/;
const PAIR = /^(?<path>[a-z][a-z0-9_.]*): (?<value>.+)$/;

describe('keys on pages', () => {
  for (const page of PAGES) {
    if (FOREIGN_PAGES.test(page.path)) continue;
    test(`${page.path} names keys that exist`, () => {
      assert.deepEqual(unknownKeys(page), []);
    });

    test(`${page.path} shows values that their keys take`, () => {
      assert.deepEqual(wrongValues(page), []);
    });
  }

  for (const page of PAGES) {
    test(`${page.path} states the defaults of the schema`, () => {
      assert.deepEqual(wrongDefaults(page), []);
    });
  }

  test('defaults are recognised in text, tables and comments', () => {
    const wrong = [
      '`queue.size: 5` (the default)',
      '`queue.size` (default 5)',
      '`queue.size` (default: `5`), more',
      '`queue.size`, 5 by default',
      'The default of `queue.size`, 5, is',
      '| what | key | default |\n| --- | --- | --- |\n| a | `queue.size` | 5 |\n',
      '```yaml\nqueue:\n  size: 7 # default: 5\n```\n',
      '```yaml\nqueue: {} # or any of these defaults\n  # size: 5\n```\n',
    ];
    for (const text of wrong) {
      assert.equal(wrongDefaults({ path: 'x.md', text }).length, 1, text);
      assert.deepEqual(wrongDefaults({ path: 'x.md', text: text.replaceAll('5', '0') }), [], text);
    }
  });

  test('unknown keys and impossible values are found', () => {
    const page = {
      path: 'x.md',
      text: '`queue.sise` `queue.size` `sluice.yaml` `queue.size: no` `queue: { sice: 1 }`',
    };
    assert.deepEqual(unknownKeys(page), ['queue.sise']);
    assert.deepEqual(wrongValues(page), ['queue.size: no', 'queue: { sice: 1 }']);
  });
});

function unknownKeys(page: Page): readonly string[] {
  return spans(page)
    .filter((span) => PATH.test(span) && !FILE_OR_HOST.test(span) && !FOREIGN.includes(span))
    .filter((span) => isSection(span.split(/[.[]/)[0]!) && placesOf(span).length === 0);
}

function wrongValues(page: Page): readonly string[] {
  return spans(page).filter((span) => {
    const { path, value } = PAIR.exec(span)?.groups ?? {};
    // In single quotes it is TypeScript.
    if (path === undefined || /^'|…/.test(value!) || FOREIGN.includes(span)) return false;
    const places = placesOf(path);
    return places.length > 0 && !places.some((place) => takes(place, parse(value!)));
  });
}

/** Of a mapping only the keys: others of it may be required. */
function takes(schema: TSchema, value: unknown): boolean {
  if (!isObjectSchema(schema) || typeof value !== 'object' || value === null) return Value.Check(schema, value);
  return Object.entries(value).every(
    ([key, inner]) => Object.hasOwn(schema.properties, key) && takes(schema.properties[key]!, inner),
  );
}

interface Stated {
  readonly path: string;
  readonly value: string;
}

const STATED: readonly RegExp[] = [
  /`(?<path>[a-z_.]+): (?<value>[^`]+)`,? (?:\(the default\)|the default\b)/g,
  /`(?<path>[a-z_.]+)`[^`.;|\n]{0,30}\(default:? `?(?<value>[^`),;]+)`?[),;]/g,
  /`(?<path>[a-z_.]+)`,? \(?`?(?<value>[\w.,]+(?: (?:ms|s|m|h|[KM]iB))?)`? by default/g,
  /[Tt]he default of `(?<path>[a-z_.]+)`, `?(?<value>[^`, ]+)`?,/g,
];

function wrongDefaults(page: Page): readonly string[] {
  const stated = [...inText(page), ...inTables(page), ...inComments(page)];
  return stated.flatMap(({ path, value }) => {
    const places = placesOf(path).filter((place) => place.default !== undefined && !isObjectSchema(place));
    const isRight = places.length === 0 || places.some((place) => plain(place.default) === plain(value));
    const allowed = places.map((place) => JSON.stringify(place.default)).join(' or ');
    return isRight ? [] : [`${path}: ${value} instead of ${allowed}`];
  });
}

function inText({ text }: Page): readonly Stated[] {
  return STATED.flatMap((pattern) => [...text.matchAll(pattern)].map(({ groups }) => groups as unknown as Stated));
}

/** Rows of tables with the columns `key` and `default`. */
function inTables({ text }: Page): readonly Stated[] {
  const tables = text.match(/(?:^\|.*\n)+/gm) ?? [];
  return tables.flatMap((table) => {
    const [head, , ...rows] = table.trim().split('\n').map(cells);
    const [key, value] = [head!.indexOf('key'), head!.indexOf('default')];
    if (key < 0 || value < 0) return [];
    return rows.map((row) => ({ path: unquoted(row[key]!), value: unquoted(row[value]!) }));
  });
}

/** `key: any # default: X`, and blocks of defaults. */
function inComments(page: Page): readonly Stated[] {
  return fences(page, /^ya?ml$/).flatMap(({ text }) => [
    ...[...text.matchAll(/^ *(?:- )?(?<path>[a-z_]+): .*# default: (?<value>[^ ,;\n]+)/gm)].map(
      ({ groups }) => groups as unknown as Stated,
    ),
    ...[...text.matchAll(/^(?<section>[a-z_]+): \{\} # or any of these defaults\n(?<lines>(?: +# .*\n)+)/gm)].flatMap(
      ({ groups }) =>
        [...groups!['lines']!.matchAll(/^ +# (?<path>[a-z_]+): (?<value>\S+)/gm)]
          .map(({ groups: row }) => row as unknown as Stated)
          .filter(({ value }) => !/^[[{]/.test(value))
          .map(({ path, value }) => ({ path: `${groups!['section']!}.${path}`, value })),
    ),
  ]);
}

function cells(row: string): readonly string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function unquoted(text: string): string {
  return text.replaceAll('`', '');
}

/** `10,000` is `10000`, `5 s` is `5s`, `off` is `false`, `32 MiB` is `33554432`. */
function plain(value: unknown): string {
  const text = String(value)
    .replaceAll(/(?<=\d),(?=\d{3})/g, '')
    .replace(/^(\d+) (ms|s|m|h)$/, '$1$2');
  const [, number, unit] = /^(\d+) ([KM])iB$/.exec(text) ?? [];
  if (number !== undefined) return String(Number(number) * (unit === 'K' ? 1024 : 1024 ** 2));
  return { off: 'false', on: 'true' }[text] ?? text;
}

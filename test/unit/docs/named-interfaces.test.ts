/** Calls of the API, metrics, variables of the environment and field names that a page names exist. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { METRICS } from '../../../src/telemetry/api/prometheus/exposed-metrics.ts';
import { placesOf } from '../../support/config-places.ts';
import { fences, type Page, PAGES, ROOT, spans } from '../../support/pages.ts';

/** Names of other programs' settings are what these are about. */
const FOREIGN_PAGES = /^docs\/migrating/;
/** Of PostgreSQL, a table, an example, and alerts of TLS. */
const FOREIGN = [
  'pg_dump',
  'pg_stat_activity',
  'sluice_migrations',
  'shop_front',
  'unrecognized_name',
  'missing_extension',
];

const document = readFileSync(join(ROOT, 'openapi/openapi.json'), 'utf8');
const { paths } = JSON.parse(document) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};
const CALL = /(?:(?<method>GET|POST|PUT|PATCH|DELETE) )?(?<path>(?:\/v1\/api|\/ws)\/[\w./{}…$-]*)/g;
const series = METRICS.flatMap(({ name, type }) =>
  type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
);

describe('interfaces on pages', () => {
  let sources = '';
  before(() => {
    const files = globSync('{src,plugins,drizzle,bin,docker,deploy,tools}/**/*.{ts,js,yaml,yml,tpl,sh}', {
      cwd: ROOT,
      exclude: (path) => path.includes('node_modules'),
    });
    sources = files.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
  });

  for (const page of PAGES) {
    test(`${page.path} names calls that the API has`, () => {
      assert.deepEqual(unknownCalls(page.text), []);
    });

    test(`${page.path} names metrics that are exposed`, () => {
      const named = textsOf(page).flatMap((text) => text.match(/\bsluice_[a-z0-9_]+/g) ?? []);
      assert.deepEqual(
        named.filter((name) => !series.includes(name) && !FOREIGN.includes(name)),
        [],
      );
    });

    test(`${page.path} names variables and fields that exist`, () => {
      const variables = textsOf(page)
        .flatMap((text) => text.match(/\bSLUICE_[A-Z0-9_]+/g) ?? [])
        .map((name) => name.replace(/_FILE$/, ''))
        // The reader's own, for a `${…}` of the configuration.
        .filter((name) => !page.text.includes(`\${${name}}`));
      const fields = FOREIGN_PAGES.test(page.path)
        ? []
        : spans(page)
            .filter((span) => /^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/.test(span))
            .filter((name) => placesOf(name).length === 0 && !document.includes(`"${name}"`));
      const names = new Set([...variables, ...fields]);
      assert.deepEqual(
        [...names].filter((name) => !FOREIGN.includes(name) && !sources.includes(name)),
        [],
      );
    });
  }

  test('a call that the API does not have is found', () => {
    assert.deepEqual(unknownCalls('`POST /v1/api/backends/{id}/drain`, /v1/api/clients/mobile-app.'), []);
    assert.deepEqual(unknownCalls('`PATCH /v1/api/backends/x/drain`'), ['PATCH /v1/api/backends/x/drain']);
    assert.deepEqual(unknownCalls('/v1/api/backend'), ['/v1/api/backend']);
  });
});

function textsOf(page: Page): readonly string[] {
  return [...spans(page), ...fences(page, /./).map(({ text }) => text)];
}

function unknownCalls(text: string): readonly string[] {
  return [...text.matchAll(CALL)].flatMap(({ groups }) => {
    const { method, path } = groups as { method?: string; path: string };
    const words = path.replace(/[./]+$/, '').split('/');
    const found = Object.entries(paths).filter(([known]) => isAt(words, known.split('/')));
    const isThere = found.some(([, methods]) => method === undefined || method.toLowerCase() in methods);
    // `/v1/api` itself is where they all begin.
    return isThere || words.length <= 3 ? [] : [method === undefined ? path : `${method} ${path}`];
  });
}

/** Parameters, of the page or of the API, stand for anything. */
function isAt(words: readonly string[], known: readonly string[]): boolean {
  return words.length === known.length && known.every((word, at) => word === words[at] || word.startsWith('{'));
}

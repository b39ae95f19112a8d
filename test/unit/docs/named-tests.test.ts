/** Every test that a page names exists, and every promise of the threat model names one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { testTitles } from '../../../scripts/test-titles.ts';
import { PAGES, ROOT, spans } from '../../support/pages.ts';

describe('tests on pages', () => {
  for (const page of PAGES) {
    const named = spans(page).flatMap((span) => {
      const { file, name } = /^(?<file>test\/[\w/.-]+\.ts): (?<name>.+)$/.exec(span)?.groups ?? {};
      return file === undefined ? [] : [[file, name!] as const];
    });
    if (named.length === 0) continue;
    test(`${page.path} names tests that exist`, () => {
      const missing = named.filter(([file, name]) => !testTitles(readFileSync(join(ROOT, file), 'utf8')).has(name));
      assert.deepEqual(missing, []);
    });
  }

  test('each promise of the threat model names a test of it', () => {
    const { text } = PAGES.find(({ path }) => path === 'SECURITY.md')!;
    const [, model] = /^## Threat model$(.*?)(?=^## |(?![^]))/ms.exec(text)!;
    const promises = model!.split(/^- /m).slice(1);
    assert.ok(promises.length > 10, `${promises.length} promises`);
    assert.deepEqual(
      promises.filter((promise) => !/^ {2}- `test\//m.test(promise)),
      [],
    );
  });
});

/** The site of the documentation, built into a folder: it holds together, and has no link that needs a server. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { buildSite } from '../../../scripts/site/build-site.ts';
import { HeadingAnchors } from '../../../scripts/site/heading-anchors.ts';
import { navigation } from '../../../scripts/site/site-navigation.ts';
import { temporaryFolder } from '../../support/sluice-process.ts';

describe('the site', () => {
  test('a folder with something else in it is refused, and keeps that', (t) => {
    const folder = temporaryFolder(t);
    const mine = join(folder, 'mine.txt');
    writeFileSync(mine, 'mine');
    assert.throws(() => buildSite(folder), /contains something else; allowed: a new or empty folder/);
    assert.equal(readFileSync(mine, 'utf8'), 'mine');
  });

  test('every link leads to a file and an anchor of the site, whatever the path of the site', (t) => {
    const folder = temporaryFolder(t);
    const pages = buildSite(folder);
    assert.ok(pages.includes('index.html') && pages.includes('docs/tls.html') && pages.includes('docs/adr/index.html'));
    const texts = new Map(pages.map((page) => [page, readFileSync(join(folder, page), 'utf8')]));
    const ids = new Map([...texts].map(([page, text]) => [page, new Set(all(text, / id="([^"]+)"/g))]));
    assert.doesNotMatch(texts.get('index.html')!, /badge/);
    let links = 0;
    for (const [page, text] of texts) {
      for (const link of all(text, /(?:href|src)="([^"]+)"/g)) {
        if (/^(?:https?|mailto):/.test(link)) continue;
        links += 1;
        const [path, anchor] = link.split('#') as [string, string | undefined];
        assert.doesNotMatch(path, /^(?:\/|[a-z]+:)/, `${page}: ${link}`);
        const to = path === '' ? page : posix.join(posix.dirname(page), path);
        assert.ok(existsSync(join(folder, to)), `${page}: ${link} leads nowhere`);
        if (anchor !== undefined) assert.ok(ids.get(to)?.has(anchor), `${page}: ${link}: no such heading`);
      }
    }
    assert.ok(links > 5000);
    // The next build replaces it.
    writeFileSync(join(folder, 'old.html'), '');
    buildSite(folder);
    assert.ok(!existsSync(join(folder, 'old.html')));

    const sections = searchSections(readFileSync(join(folder, 'assets/search-index.js'), 'utf8'));
    for (const { link } of sections) {
      const [page, anchor] = link.split('#');
      assert.ok(ids.get(page!)!.has(anchor!), link);
    }
    const found = sections.find(({ link }) => link === 'docs/errors.html#gw_rate_limited');
    assert.match(found!.text, /limit/);
  });

  test('every page of docs/ is in the menu once', () => {
    const sources = globSync('{README.md,docs/**/*.md}', { cwd: join(import.meta.dirname, '../../..') });
    const groups = navigation(readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8'), sources);
    const shown = groups.flatMap(({ items }) => items.flatMap(({ source, below }) => [source, ...below]));
    assert.equal(new Set(shown).size, shown.length);
    for (const source of sources) assert.ok(source === 'README.md' || shown.includes(source), source);
    assert.ok(groups.length >= 6);
  });
});

test('two headings with the same text have different anchors', () => {
  const anchors = new HeadingAnchors();
  assert.deepEqual(
    ['GW_NOT_FOUND', 'sluice circuits, limits', 'Examples', 'Examples'].map((text) => anchors.next(text)),
    ['gw_not_found', 'sluice-circuits-limits', 'examples', 'examples-1'],
  );
});

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found]) => found!);
}

function searchSections(script: string): readonly { readonly link: string; readonly text: string }[] {
  const context: { SEARCH_SECTIONS?: readonly { link: string; text: string }[] } = {};
  runInNewContext(script, context);
  return context.SEARCH_SECTIONS!;
}

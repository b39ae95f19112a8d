/**
 * Everything that the hand-written pages show must exist: configuration that loads, links that resolve, existing
 * scripts.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { HeadingAnchors } from '../../../scripts/site/heading-anchors.ts';
import { ConfigError, loadText } from '../../../src/config/load.ts';
import { POOL } from '../../support/config-problems.ts';

const root = join(import.meta.dirname, '../../..');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CODE_OF_CONDUCT.md',
  ...globSync('docs/**/*.md', { cwd: root }),
].sort();
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe('every page', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8');

    test(`${page} links to files and headings that exist`, () => {
      for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link!)) continue;
        const [path, anchor] = link!.split('#') as [string, string | undefined];
        const file = path === '' ? join(root, page) : join(root, dirname(page), path);
        assert.ok(existsSync(file), `${link} leads nowhere (${relative(root, file)})`);
        if (anchor === undefined) continue;
        assert.ok(headings(readFileSync(file, 'utf8')).includes(anchor), `${link}: no such heading`);
      }
    });

    test(`${page} names source files that exist`, () => {
      for (const [path] of text.matchAll(/(?<=`)(src|plugins|drizzle|scripts|test)\/[\w/.-]+\.(ts|js)(?=`)/g)) {
        assert.ok(existsSync(join(root, path)), path);
      }
    });

    test(`${page} names npm scripts that exist`, () => {
      for (const [, name] of text.matchAll(/\bnpm run ([\w:-]+)/g)) assert.ok(name! in scripts, `npm run ${name}`);
    });
  }
});

test('the configurations shown to begin with are right', () => {
  const text = ['README.md', 'docs/getting-started.md']
    .map((page) => readFileSync(join(root, page), 'utf8'))
    .join('\n');
  const shown = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block!);
  assert.ok(shown.length > 0);
  for (const block of shown) {
    // Some show one section.
    const whole = /^pools:/m.test(block) ? block : block + POOL;
    try {
      loadText(whole, 'README.md', {}, {});
    } catch (error) {
      assert.fail(error instanceof ConfigError ? error.format() : String(error));
    }
  }
});

function headings(text: string): string[] {
  const anchors = new HeadingAnchors();
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => anchors.next(title!));
}

/**
 * Everything that the hand-written pages show must exist: links that resolve, files and scripts.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { HeadingAnchors } from '../../../scripts/site/heading-anchors.ts';
import { EVERY_PAGE, fences, ROOT, spans } from '../../support/pages.ts';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

const PATHS =
  /(?<![\w/.~:@$}-])(?:\.\/)?(?:src|plugins|drizzle|scripts|test|docker|deploy|examples|bench|tools|openapi|bin|docs|dashboard|\.github|\.ci)\/[\w/.-]*/g;
/** By a build, by `make-secrets.sh`, or by the reader. */
const MADE = /^dashboard\/dist|^docker\/(?:secrets|\.env$)|^(?:\.\/)?plugins\/(?:NAME|tenant|[\w.-]+\.ts$)/;

/** What GitHub alone resolves: from a file of the repository to its page of a workflow. */
const BADGE = /^\.\.\/\.\.\/actions\/workflows\/([\w-]+\.yml)(?:\/badge\.svg)?$/;

describe('every page', () => {
  for (const { path: page, text } of EVERY_PAGE) {
    test(`${page} links to files and headings that exist`, () => {
      for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link!)) continue;
        const workflow = BADGE.exec(link!)?.[1];
        if (workflow !== undefined) {
          assert.ok(existsSync(join(ROOT, '.github/workflows', workflow)), `${link}: no such workflow`);
          continue;
        }
        const [path, anchor] = link!.split('#') as [string, string | undefined];
        const file = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path);
        assert.ok(existsSync(file), `${link} leads nowhere (${relative(ROOT, file)})`);
        if (anchor === undefined) continue;
        assert.ok(headings(readFileSync(file, 'utf8')).includes(anchor), `${link}: no such heading`);
      }
    });

    test(`${page} names files and folders that exist`, () => {
      const shown = [...spans({ path: page, text }), ...fences({ path: page, text }, /./).map((fence) => fence.text)];
      const paths = shown.flatMap((part) => part.match(PATHS) ?? []).map((path) => path.replace(/\.$/, ''));
      assert.deepEqual(
        paths.filter((path) => !MADE.test(path) && !existsSync(join(ROOT, path))),
        [],
      );
    });

    test(`${page} names npm scripts that exist`, () => {
      for (const [, name] of text.matchAll(/\bnpm run ([\w:-]+)/g)) assert.ok(name! in scripts, `npm run ${name}`);
    });
  }
});

function headings(text: string): string[] {
  const anchors = new HeadingAnchors();
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => anchors.next(title!));
}

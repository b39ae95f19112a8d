/**
 * The documentation as a folder of HTML: README.md, docs/, and every file they link to. It needs no server and works below any
 * path.
 */
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { withoutBadges } from '../badges.ts';
import { emptyFolder } from '../empty-folder.ts';
import { markdownPage, type MarkdownPage } from './site-markdown.ts';
import { navigation } from './site-navigation.ts';
import { relativeLink, sitePath } from './site-paths.ts';
import { escaped, pageHtml } from './site-template.ts';

const ROOT = join(import.meta.dirname, '../..');
const ASSETS = join(import.meta.dirname, 'assets');
const SEARCH_INDEX = 'assets/search-index.js';
const SHOWN_BYTES = 200_000;

/** Returns the paths of its pages. Throws if a link leads to a file that does not exist, or the folder contains something else. */
export function buildSite(folder: string): readonly string[] {
  const pages = readPages();
  const groups = navigation(readFileSync(join(ROOT, 'README.md'), 'utf8'), [...pages.keys()]);
  emptyFolder(folder, SEARCH_INDEX);
  // First: it marks the folder as ours.
  write(folder, SEARCH_INDEX, `globalThis.SEARCH_SECTIONS = ${JSON.stringify(searchSections(pages))};\n`);
  for (const [source, page] of pages) {
    write(
      folder,
      sitePath(source),
      pageHtml(sitePath(source), page, groups, (other) => pages.get(other)!.title),
    );
  }
  for (const source of globSync('docs/images/*.png', { cwd: ROOT })) {
    mkdirSync(join(folder, dirname(source)), { recursive: true });
    cpSync(join(ROOT, source), join(folder, source));
  }
  cpSync(ASSETS, join(folder, 'assets'), { recursive: true });
  cpSync(
    createRequire(import.meta.url)
      .resolve('minisearch')
      .replace(/dist.*$/, 'dist/umd/index.js'),
    join(folder, 'assets/minisearch.js'),
  );
  return [...pages.keys()].map(sitePath);
}

/** By their path in the repository: the pages, then what they link to. */
function readPages(): ReadonlyMap<string, MarkdownPage> {
  const pages = new Map<string, MarkdownPage>();
  const wanted = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT }).sort()];
  for (const source of wanted) {
    if (pages.has(source) || source.endsWith('.png')) continue;
    pages.set(
      source,
      readPage(source, (target) => {
        const file = fileOf(source, target);
        wanted.push(file);
        return relativeLink(sitePath(source), sitePath(file)) || posix.basename(sitePath(file));
      }),
    );
  }
  return pages;
}

function readPage(source: string, linkTo: (target: string) => string): MarkdownPage {
  const path = join(ROOT, source);
  if (statSync(path).isDirectory()) {
    const items = readdirSync(path).map((name) => `- [${name}](${name})`);
    return { ...markdownPage(`${source}/README.md`, `# ${source}\n\n${items.join('\n')}\n`, linkTo), sections: [] };
  }
  const text = readFileSync(path, 'utf8');
  if (source.endsWith('.md')) return markdownPage(source, withoutBadges(text), linkTo);
  const shown = text.length > SHOWN_BYTES ? `${text.slice(0, SHOWN_BYTES)}\n…` : text;
  return { title: source, html: `<h1>${source}</h1>\n<pre><code>${escaped(shown)}</code></pre>\n`, sections: [] };
}

/** A folder is its README, if it has one. */
function fileOf(source: string, target: string): string {
  const path = target.replace(/\/$/, '');
  if (!existsSync(join(ROOT, path))) throw new Error(`${source}: ${target} leads nowhere`);
  if (!statSync(join(ROOT, path)).isDirectory()) return path;
  return existsSync(join(ROOT, path, 'README.md')) ? `${path}/README.md` : path;
}

function searchSections(pages: ReadonlyMap<string, MarkdownPage>): readonly object[] {
  return [...pages].flatMap(([source, { title, sections }]) =>
    sections.map(({ anchor, heading, text }) => ({
      link: `${sitePath(source)}#${anchor}`,
      title,
      heading,
      text: text.replace(/\s+/g, ' ').trim(),
    })),
  );
}

function write(folder: string, path: string, text: string): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** The frame around a page: menu, search, and no script that the page needs to be read. */
import { posix } from 'node:path';
import type { MarkdownPage } from './site-markdown.ts';
import type { NavigationGroup } from './site-navigation.ts';
import { relativeLink, sitePath } from './site-paths.ts';

/** @param path of the page on the site @param titleOf a page of the repository */
export function pageHtml(
  path: string,
  { title, html }: MarkdownPage,
  groups: readonly NavigationGroup[],
  titleOf: (source: string) => string,
): string {
  const up = posix.relative(posix.dirname(path), '.') || '.';
  const link = (source: string): string => {
    const to = sitePath(source);
    const current = to === path ? ' aria-current="page"' : '';
    return `<a href="${relativeLink(path, to) || posix.basename(to)}"${current}>${escaped(titleOf(source))}</a>`;
  };
  const menu = groups.map(({ name, items }) => {
    const list = items.map(({ source, below }) => {
      if (below.length === 0) return `<li>${link(source)}</li>`;
      const isOpen = [source, ...below].some((each) => sitePath(each) === path);
      const inner = below.map((each) => `<li>${link(each)}</li>`).join('');
      return `<li>${link(source)}<details${isOpen ? ' open' : ''}><summary>${below.length} pages</summary><ul>${inner}</ul></details></li>`;
    });
    return `<h2>${escaped(name)}</h2><ul>${list.join('')}</ul>`;
  });
  return `<!doctype html>
<html lang="en" data-root="${up}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title === 'Sluice' ? title : `${title} · Sluice`)}</title>
<link rel="stylesheet" href="${up}/assets/site.css">
<script src="${up}/assets/search.js" defer></script>
</head>
<body>
<header>
<a class="home" href="${up}/index.html">Sluice</a>
<div class="search" role="search" hidden>
<input type="search" placeholder="Search" aria-label="Search the documentation" aria-controls="found" autocomplete="off">
<ol id="found" hidden></ol>
</div>
</header>
<div class="columns">
<nav aria-label="Pages"><details class="menu"><summary>All pages</summary>${menu.join('\n')}</details></nav>
<main>
${html}
</main>
</div>
</body>
</html>
`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

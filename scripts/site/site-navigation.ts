/** The menu of the site: the table "Read on" of README.md, with the pages below each of its pages. */
import { posix } from 'node:path';

export interface NavigationItem {
  readonly source: string;
  readonly below: readonly string[];
}

export interface NavigationGroup {
  readonly name: string;
  readonly items: readonly NavigationItem[];
}

/** @param sources Markdown files and others; those of no group are in the last one. */
export function navigation(readme: string, sources: readonly string[]): readonly NavigationGroup[] {
  const table = readme.slice(readme.indexOf('## Read on')).split('\n').slice(1);
  const seen = new Set<string>(['README.md']);
  const groups: { name: string; items: NavigationItem[] }[] = [];
  for (const line of table) {
    const [, name, links] = /^\| ([^|]+?) +\| (\[[^|]+?) +\|$/.exec(line) ?? [];
    if (name === undefined || links === undefined) continue;
    const items: NavigationItem[] = [];
    for (const [, path] of links.matchAll(/\]\(([^)#]+)\)/g)) {
      const source = path!.endsWith('/') ? `${path}README.md` : path!;
      if (seen.has(source)) continue;
      const folder = source.endsWith('README.md') ? posix.dirname(source) : source.replace(/\.md$/, '');
      const below = sources.filter(
        (other) => posix.dirname(other) === folder && !seen.has(other) && other !== source && other.endsWith('.md'),
      );
      for (const each of [source, ...below]) seen.add(each);
      items.push({ source, below });
    }
    groups.push({ name, items });
  }
  const others = sources.filter((source) => source.endsWith('.md') && !seen.has(source));
  if (others.length > 0) groups.push({ name: 'more', items: others.map((source) => ({ source, below: [] })) });
  return groups;
}

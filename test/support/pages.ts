/** The hand-written pages, and the parts of them that claim something exists. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** Written by scripts from what they describe. */
const GENERATED = ['docs/commands.md', 'docs/configuration.md', 'docs/metrics.md'];

export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Fence {
  /** As after the backquotes: `yaml`. */
  readonly language: string;
  /** Without the indentation of the list that it is in. */
  readonly text: string;
}

export const EVERY_PAGE: readonly Page[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CODE_OF_CONDUCT.md',
  ...globSync('{docs,docker,deploy,examples}/**/*.md', { cwd: ROOT }),
]
  .sort()
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

/** Without the generated ones, and decisions of the past. */
export const PAGES = EVERY_PAGE.filter(({ path }) => !path.startsWith('docs/adr/') && !GENERATED.includes(path));

const FENCE = /^(?<indent> *)```(?<language>\w*)[^\n]*\n(?<text>.*?)^ *```/gms;

export function fences({ text }: Page, languages: RegExp): readonly Fence[] {
  return [...text.matchAll(FENCE)]
    .map(({ groups }) => groups as { indent: string; language: string; text: string })
    .filter(({ language }) => languages.test(language))
    .map(({ indent, language, text: inner }) => ({
      language,
      text: inner.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }));
}

/** What is between single backquotes, outside of code blocks. */
export function spans({ text }: Page): readonly string[] {
  return [...text.replaceAll(FENCE, '').matchAll(/`([^`\n]+)`/g)].map(([, inner]) => inner!);
}

/** Lines of shells in code blocks, joined where they go on, and commands in the text. */
export function shellLines(page: Page): readonly string[] {
  const blocks = fences(page, /^(bash|sh|console)$/).flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));
  return [...blocks.map((line) => line.replace(/(^|\s)#\s.*$/, '').replace(/^\$ /, '')), ...spans(page)];
}

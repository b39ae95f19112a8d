/** The syntax of HAProxy: sections of lines, words with quotes and escapes. */
import { ImportFailure } from '../old-file.ts';
import type { NamedText } from '../outline/bounded-files.ts';
import { type Origin, positionOf } from '../outline/origin.ts';

export interface HaproxyLine extends Origin {
  /** The words after the first. */
  readonly args: readonly string[];
}

export interface HaproxySection extends Origin {
  readonly kind: string;
  /** Empty: none. */
  readonly title: string;
  readonly lines: readonly HaproxyLine[];
}

const SECTIONS = new Set(
  'global defaults frontend backend listen userlist peers resolvers mailers cache program http-errors ring log-forward fcgi-app crt-store traces'.split(
    ' ',
  ),
);
const MAX_WORDS = 256;

/** Throws an ImportFailure with file, line and column. */
export function parseHaproxy({ name: file, text }: NamedText): readonly HaproxySection[] {
  const sections: (HaproxySection & { readonly lines: HaproxyLine[] })[] = [];
  for (const [at, source] of text.split(/\r?\n/).entries()) {
    const [first, ...rest] = wordsOf(source, file, at + 1);
    if (first === undefined) continue;
    const origin = { file, line: at + 1, column: first.column, name: first.text };
    const args = rest.map((word) => word.text);
    if (
      SECTIONS.has(first.text) &&
      (first.column === 1 || !/^(?:cache|program|ring|peers|resolvers|mailers)$/.test(first.text))
    )
      sections.push({ ...origin, kind: first.text, title: args[0] ?? '', lines: [] });
    else if (sections.length === 0) throw new ImportFailure(`${positionOf(origin)}: "${first.text}" is in no section`);
    // `no option x` and `default server` aside, a line is its first word.
    else
      sections
        .at(-1)!
        .lines.push(
          first.text === 'no' ? { ...origin, name: `no ${args[0] ?? ''}`, args: args.slice(1) } : { ...origin, args },
        );
  }
  return sections;
}

interface Word {
  readonly text: string;
  readonly column: number;
}

function wordsOf(source: string, file: string, line: number): readonly Word[] {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    while (/[\s\uFEFF]/.test(source[at] ?? '')) at += 1;
    if (at >= source.length || source[at] === '#') return words;
    const start = at;
    let text = '';
    let quote = '';
    for (; at < source.length; at += 1) {
      const character = source[at]!;
      if (quote === '' && (/\s/.test(character) || character === '#')) break;
      if (character === quote) quote = '';
      else if (quote === '' && (character === '"' || character === "'")) quote = character;
      // Only these are escapes; regular expressions need the other backslashes.
      else if (character === '\\' && quote !== "'" && /[\s#\\"']/.test(source[at + 1] ?? ''))
        text += source[(at += 1)]!;
      else text += character;
    }
    const position = { file, line, column: start + 1, name: '' };
    if (quote !== '') throw new ImportFailure(`${positionOf(position)}: a quoted text is not closed`);
    if (words.length >= MAX_WORDS)
      throw new ImportFailure(`${positionOf(position)}: more than ${MAX_WORDS} words in a line`);
    words.push({ text, column: start + 1 });
  }
}

/** The syntax of a Caddyfile: sites, directives, blocks, snippets, quotes. */
import { ImportFailure } from '../old-file.ts';
import type { IncludedFiles, NamedText } from '../outline/bounded-files.ts';
import { type Origin, positionOf } from '../outline/origin.ts';

export interface CaddyDirective extends Origin {
  readonly args: readonly string[];
  /** Null: it has none. */
  readonly block: readonly CaddyDirective[] | null;
}

export interface Caddyfile {
  readonly options: readonly CaddyDirective[];
  /** Addresses are the name and the arguments. */
  readonly sites: readonly CaddyDirective[];
}

interface Token extends Origin {
  readonly isQuoted: boolean;
  /** The first of its line. */
  readonly isFirst: boolean;
}

const MAX_DEPTH = 16;
const MAX_TOKENS = 200_000;

/** Throws an ImportFailure with file, line and column. */
export function parseCaddyfile(main: NamedText, files: IncludedFiles): Caddyfile {
  const parser = new CaddyParser(files);
  const tokens = tokensOf(main);
  // One site may stand without braces: its first line is its address.
  const firstLine = tokens.filter((each) => each.line === tokens[0]!.line);
  const isBare =
    firstLine.length > 0 && firstLine[0]!.name !== '{' && !['{', ','].includes(firstLine.at(-1)!.name.slice(-1));
  if (isBare) {
    const [first, ...more] = firstLine;
    const block = parser.directives(tokens.slice(firstLine.length), 0);
    return { options: [], sites: [{ ...first!, args: more.map(({ name }) => name), block }] };
  }
  const top = parser.directives(tokens, 0);
  const snippets = new Map(
    top.filter(({ name }) => /^\(.+\)$/.test(name)).map((each) => [each.name.slice(1, -1), each.block ?? []]),
  );
  const imported = parser.imported(
    top.filter(({ name }) => !/^\(.+\)$/.test(name)),
    snippets,
    0,
  );
  return {
    options: imported.filter(({ name }) => name === '').flatMap(({ block }) => block ?? []),
    sites: imported.filter(({ name }) => name !== ''),
  };
}

class CaddyParser {
  readonly #files: IncludedFiles;

  constructor(files: IncludedFiles) {
    this.#files = files;
  }

  directives(tokens: readonly Token[], from: number): readonly CaddyDirective[] {
    const [found] = this.#block(tokens, from, 0);
    return found;
  }

  #block(tokens: readonly Token[], from: number, depth: number): readonly [readonly CaddyDirective[], number] {
    const found: CaddyDirective[] = [];
    let at = from;
    while (at < tokens.length) {
      const first = tokens[at]!;
      if (depth > MAX_DEPTH) throw fault(first, `more than ${MAX_DEPTH} blocks in each other`);
      if (isBrace(first, '}')) {
        if (depth === 0) throw fault(first, 'an unexpected "}"');
        return [found, at + 1];
      }
      const words: Token[] = [];
      const { line } = first;
      // A comma at the end of a line continues the addresses of a site.
      while (
        at < tokens.length &&
        !isBrace(tokens[at]!, '{') &&
        !isBrace(tokens[at]!, '}') &&
        (tokens[at]!.line === line || !tokens[at]!.isFirst || words.at(-1)!.name.endsWith(','))
      ) {
        words.push(tokens[at]!);
        at += 1;
      }
      let block: readonly CaddyDirective[] | null = null;
      const brace = tokens[at];
      if (brace !== undefined && isBrace(brace, '{') && (words.length === 0 || brace.line === words.at(-1)!.line)) {
        [block, at] = this.#block(tokens, at + 1, depth + 1);
        if (tokens[at - 1] === undefined || !isBrace(tokens[at - 1]!, '}'))
          throw fault(brace, 'a block is not closed: "}" is missing');
      } else if (brace !== undefined && isBrace(brace, '{')) throw fault(brace, 'an unexpected "{"');
      const [name] = words;
      const { file, column } = name ?? first;
      found.push({ file, line, column, name: name?.name ?? '', args: words.slice(1).map((each) => each.name), block });
    }
    if (depth > 0) throw fault(tokens.at(-1)!, 'a block is not closed: "}" is missing');
    return [found, at];
  }

  imported(
    directives: readonly CaddyDirective[],
    snippets: ReadonlyMap<string, readonly CaddyDirective[]>,
    depth: number,
  ): readonly CaddyDirective[] {
    return directives.flatMap((each) => {
      if (each.name !== 'import')
        return [each.block === null ? each : { ...each, block: this.imported(each.block, snippets, depth) }];
      const [name = '', ...args] = each.args;
      if (depth > MAX_DEPTH) throw fault(each, `import: more than ${MAX_DEPTH} in each other`);
      const snippet = snippets.get(name);
      if (snippet !== undefined)
        return this.imported(
          snippet.map((inner) => withArguments(inner, args)),
          snippets,
          depth + 1,
        );
      let found: readonly NamedText[];
      try {
        found = this.#files.find(name);
      } catch (error) {
        if (error instanceof ImportFailure) throw fault(each, `import: ${error.message}`);
        throw error;
      }
      if (found.length === 0 && !/[*?[]/.test(name))
        throw fault(each, `import: there is no snippet and no file "${name}"`);
      return found.flatMap((file) => this.imported(this.directives(tokensOf(file), 0), snippets, depth + 1));
    });
  }
}

function withArguments(each: CaddyDirective, args: readonly string[]): CaddyDirective {
  const fill = (text: string): string =>
    text.replaceAll(
      /\{args\[(\d+)\]\}|\{args\.(\d+)\}/g,
      (whole, one?: string, other?: string) => args[Number(one ?? other)] ?? whole,
    );
  return {
    ...each,
    name: fill(each.name),
    args: each.args.map(fill),
    block: each.block === null ? null : each.block.map((inner) => withArguments(inner, args)),
  };
}

function isBrace({ name, isQuoted }: Token, brace: string): boolean {
  return name === brace && !isQuoted;
}

function tokensOf({ name: file, text: source }: NamedText): readonly Token[] {
  const text = source.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const tokens: Token[] = [];
  let [at, line, lineStart, isFirst] = [0, 1, 0, true];
  const newline = (): void => {
    line += 1;
    lineStart = at + 1;
  };
  for (; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '\n') {
      newline();
      isFirst = true;
      continue;
    }
    if (/\s/.test(character)) continue;
    if (character === '\\' && text[at + 1] === '\n') {
      at += 1;
      newline();
      continue;
    }
    if (character === '#') {
      while (at < text.length && text[at] !== '\n') at += 1;
      at -= 1;
      continue;
    }
    const origin = { file, line, column: at - lineStart + 1 };
    let name = '';
    const isQuoted = character === '"' || character === '`';
    if (isQuoted) {
      for (at += 1; text[at] !== character; at += 1) {
        if (at >= text.length) throw fault({ ...origin, name: '' }, 'a quoted text is not closed');
        if (text[at] === '\n') newline();
        if (text[at] === '\\' && character === '"' && text[at + 1] === '"') at += 1;
        name += text[at]!;
      }
    } else {
      while (at < text.length && !/\s/.test(text[at]!)) {
        name += text[at]!;
        at += 1;
      }
      at -= 1;
    }
    tokens.push({ ...origin, name, isQuoted, isFirst });
    if (tokens.length > MAX_TOKENS) throw fault({ ...origin, name: '' }, `more than ${MAX_TOKENS} words`);
    isFirst = false;
  }
  return tokens;
}

function fault(at: Origin, message: string): ImportFailure {
  return new ImportFailure(`${positionOf(at)}: ${message}`);
}

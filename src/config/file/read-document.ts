import { isMap, LineCounter, parseDocument, type Document, type Node } from 'yaml';

import { findExcess, textExcess } from './find-excess.ts';
import { readTree } from './read-tree.ts';
import type { ConfigDocument, Position, Mistake } from './document.ts';
import { MAX_PROBLEMS, type ConfigProblem } from './problem.ts';
import { findJsonMistake, parseJson } from './strict-json.ts';

export interface ReadResult {
  readonly document: ConfigDocument;
  readonly problems: readonly ConfigProblem[];
  /** False after a syntax error: the values cannot be trusted, so no further checks should run. */
  readonly isReadable: boolean;
}

/** Parses YAML, or strict JSON if the name ends in `.json`, keeping the position of every value. */
export function readDocument(text: string, fileName: string): ReadResult {
  const source = text.replace(/^\uFEFF/, '');
  const document: ConfigDocument = { source: fileName, root: Object.create(null), origins: new Map() };
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const result = (mistakes: readonly Mistake[], isReadable: boolean): ReadResult => ({
    document,
    isReadable,
    problems: mistakes.map(({ offset, path = '', message }) => ({
      source: fileName,
      ...positionAt(offset),
      path,
      message,
    })),
  });

  const isJson = fileName.toLowerCase().endsWith('.json');
  const excess = isJson ? textExcess(source) : findExcess(source);
  if (isJson || excess !== undefined) countLines(source, lines, excess?.offset);
  if (excess !== undefined) return result([excess], false);
  const { contents, mistakes: syntax } = isJson ? readJson(source) : readYaml(source, lines);
  if (syntax.length > 0) return result(syntax, false);
  if (contents !== null && !isMap(contents) && String(contents) !== 'null') {
    return result([{ offset: contents.range?.[0] ?? 0, message: 'the file must contain a mapping' }], false);
  }
  const { mistakes, isComplete } = readTree(contents, document, positionAt);
  return result(mistakes, isComplete);
}

/** For positions where no parser counts the lines. */
function countLines(source: string, lines: LineCounter, end = Infinity): void {
  lines.addNewLine(0);
  for (let at = source.indexOf('\n'); at !== -1 && at < end; at = source.indexOf('\n', at + 1))
    lines.addNewLine(at + 1);
}

interface Parsed {
  readonly contents: Node | null;
  readonly mistakes: readonly Mistake[];
}

function readJson(source: string): Parsed {
  const mistake = findJsonMistake(source);
  return mistake === undefined
    ? { contents: parseJson(source), mistakes: [] }
    : { contents: null, mistakes: [mistake] };
}

function readYaml(source: string, lines: LineCounter): Parsed {
  const parsed = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  return { contents: parsed.contents, mistakes: yamlMistakes(parsed, source, lines) };
}

/**
 * The first mistake of each line: one wrong bracket makes the parser stumble several times. Bounded in number and by
 * line, so that a long line of nothing but brackets costs no more than reading it.
 */
function yamlMistakes(parsed: Document, source: string, lines: LineCounter): readonly Mistake[] {
  const byLine = new Map<number, Mistake>();
  for (const error of [...parsed.errors, ...parsed.warnings]) {
    const offset = error.pos[0];
    const { line, col } = lines.linePos(offset);
    if (byLine.has(line)) continue;
    if (byLine.size > MAX_PROBLEMS) break;
    const start = offset - Math.max(0, col - 1);
    const shown = source.slice(start, start + 1000).split('\n', 1)[0]!;
    const hint = /[^"'$]\$\{/.test(shown) ? '; inside { } and [ ] a variable needs quotes: "${NAME}"' : '';
    const message = /call stack/i.test(error.message) ? 'nested too deeply' : error.message;
    byLine.set(line, { offset, message: `not valid YAML: ${message}${hint}` });
  }
  return [...byLine.values()];
}

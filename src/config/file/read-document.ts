import { isMap, LineCounter, parseDocument, type Document } from 'yaml';

import { findExcess } from './find-excess.ts';
import { readTree } from './read-tree.ts';
import type { ConfigDocument, Position, Mistake } from './document.ts';
import { MAX_PROBLEMS, type ConfigProblem } from './problem.ts';
import { findJsonMistake } from './strict-json.ts';

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

  const excess = findExcess(source);
  if (excess !== undefined) {
    // The parser, which otherwise counts the lines, does not run.
    lines.addNewLine(0);
    for (let at = source.indexOf('\n'); at !== -1 && at < excess.offset; at = source.indexOf('\n', at + 1)) {
      lines.addNewLine(at + 1);
    }
    return result([excess], false);
  }
  const parsed = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const isJson = fileName.toLowerCase().endsWith('.json');
  const syntax = [...(isJson ? jsonMistakes(source) : []), ...yamlMistakes(parsed, source, lines)];
  // Invalid JSON is often invalid YAML too: reporting it once is enough.
  if (syntax.length > 0) return result(isJson ? syntax.slice(0, 1) : syntax, false);
  if (parsed.contents !== null && !isMap(parsed.contents) && String(parsed.contents) !== 'null') {
    return result([{ offset: parsed.contents.range?.[0] ?? 0, message: 'the file must contain a mapping' }], false);
  }
  const { mistakes, isComplete } = readTree(parsed, source, document, positionAt);
  return result(mistakes, isComplete);
}

function jsonMistakes(source: string): readonly Mistake[] {
  const mistake = findJsonMistake(source);
  return mistake === undefined ? [] : [mistake];
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

/** Where in a configuration in code an error came from. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Tracked } from './track-modules.ts';

export interface FailurePlace {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Undefined: unknown. */
export function locateFailure(error: unknown, { files, failures }: Tracked): FailurePlace | undefined {
  const failed = failures.get(error);
  if (failed !== undefined) return placeOfText(failed.parent, failed.specifier);
  if (!(error instanceof Error)) return undefined;
  return markedPlace(error.stack ?? '') ?? framePlace(error.stack ?? '', files) ?? syntaxPlace(error, files);
}

/** Above the message: the file, its line, the source and a caret below it. */
function markedPlace(stack: string): FailurePlace | undefined {
  const found = /^(?<file>(?:file:\/\/|\/|[A-Za-z]:\\).+):(?<line>\d+)\r?\n(?:.*\r?\n)*?(?<before> *)\^/.exec(stack);
  if (found === null) return undefined;
  const { file, line, before } = found.groups as Record<'file' | 'line' | 'before', string>;
  return { file: pathOf(file), line: Number(line), column: before.length + 1 };
}

/** The innermost call within the configuration's own files. */
function framePlace(stack: string, files: readonly string[]): FailurePlace | undefined {
  for (const [, at, line, column] of stack.matchAll(
    /^ +at .*?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]+):(\d+):(\d+)\)?$/gm,
  )) {
    const file = pathOf(at!);
    if (files.includes(file)) return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}

/** V8 does not say where JavaScript is wrong; the parser that removes types does. */
function syntaxPlace(error: Error, files: readonly string[]): FailurePlace | undefined {
  if (!(error instanceof SyntaxError)) return undefined;
  // That the parser is experimental is no concern of the user.
  process.emitWarning = () => {};
  for (const file of files.filter((name) => /\.[cm]?[jt]s$/i.test(name))) {
    try {
      stripTypeScriptTypes(readFileSync(file, 'utf8'), { sourceUrl: file });
    } catch (found) {
      const place = markedPlace((found as Error).stack ?? '');
      if (place !== undefined) return place;
    }
  }
  return undefined;
}

/** The first time that a module names another. */
function placeOfText(file: string, specifier: string): FailurePlace | undefined {
  const text = readFileSync(file, 'utf8');
  const at = Math.max(text.indexOf(`'${specifier}'`), text.indexOf(`"${specifier}"`));
  if (at === -1) return undefined;
  const before = text.slice(0, at).split('\n');
  return { file, line: before.length, column: before.at(-1)!.length + 1 };
}

function pathOf(named: string): string {
  return named.startsWith('file:') ? fileURLToPath(named) : named;
}

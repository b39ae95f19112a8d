/** Regular expressions of other programs, most of them PCRE's, in RE2's syntax. */
import { LinearExpression } from '../../../net/linear-expression.ts';

export interface KeptExpression {
  /** In RE2's syntax; undefined: it cannot be kept. */
  readonly text?: string;
  readonly fault?: string;
}

export function keepExpression(source: string, { ignoresCase = false } = {}): KeptExpression {
  // PCRE names groups with `?<name>`, which RE2 has, too; an escaped slash is a slash.
  const text = `${ignoresCase ? '(?i)' : ''}${source.replaceAll('\\/', '/')}`;
  try {
    new LinearExpression(text);
    return { text };
  } catch (error) {
    return { fault: `the regular expression cannot be kept: ${(error as Error).message}` };
  }
}

/** For a text that stands for itself. */
export function quoted(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, (character) => `\\${character}`);
}

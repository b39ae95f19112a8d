/** Ends of lines: a text area knows `\n` only, and what is edited in it must keep those of the file. */
export type LineEnd = '\n' | '\r\n';

/** Of a text with both, `\r\n`. */
export function lineEndOf(text: string): LineEnd {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

export function withLineEnds(text: string, end: LineEnd): string {
  return text.replaceAll(/\r?\n/g, end);
}

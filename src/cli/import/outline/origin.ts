/** Where something comes from: a directive, key or rule of the file that is imported. */
export interface Origin {
  /** As the user named it, or relative to the folder of the main file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Of the directive or key, such as `proxy_pass`; never a value, which may be secret. */
  readonly name: string;
}

export function positionOf({ file, line, column }: Origin): string {
  return `${file}:${line}:${column}`;
}

/** For a comment and a terminal: one line, without control characters. */
export function oneLine(text: string, longest = 300): string {
  const line = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

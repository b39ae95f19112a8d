/** Text for terminals: colours, columns, and lines cut at the edge of the screen. */

const STYLES = { plain: '', strong: '1', faint: '2', good: '32', warn: '33', bad: '31' } as const;
export type Style = keyof typeof STYLES;

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const STYLED = /(\x1B\[[\d;]*m)/g;
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\x00-\x1F\x7F-\x9F]/g;

export function painted(text: string, style: Style, isColoured: boolean): string {
  return !isColoured || STYLES[style] === '' ? text : `\x1B[${STYLES[style]}m${text}\x1B[0m`;
}

/** Its text, or the text and its style. */
export type Cell = string | { readonly text: string; readonly style: Style };

/** Columns as wide as their widest cell; `right`: the numeric ones. Control characters in cells become `?`. */
export function table(rows: readonly (readonly Cell[])[], right: readonly number[] = [], isColoured = false): string[] {
  const clean = rows.map((row) =>
    row.map((cell) =>
      typeof cell === 'string'
        ? { text: harmless(cell), style: 'plain' as const }
        : { text: harmless(cell.text), style: cell.style },
    ),
  );
  const widths: number[] = [];
  for (const row of clean)
    for (const [at, { text }] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length);
  return clean.map((row) =>
    row
      .map(({ text, style }, at) => {
        const space = ' '.repeat(widths[at]! - text.length);
        const shown = painted(text, style, isColoured);
        return right.includes(at) ? space + shown : shown + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** One line; text of a gateway must not reach a terminal without this. Control characters, styles among them, become `?`. */
export function harmless(text: string): string {
  return text.replaceAll(CONTROL, '?');
}

/** Cut to this many characters; styles take no width, and end with the line. */
export function fitted(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let left = Math.max(0, columns - 1);
  let text = '';
  for (const part of line.split(STYLED)) {
    if (part.startsWith('\x1B[')) text += part;
    else {
      text += part.slice(0, left);
      left -= Math.min(left, part.length);
    }
  }
  return `${text}…`;
}

function widthOf(text: string): number {
  return text.replaceAll(STYLED, '').length;
}

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

/** Columns as wide as their widest cell; `right`: the numeric ones. Cursor movements are removed. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const clean = rows.map((row) => row.map(harmless));
  const widths: number[] = [];
  for (const row of clean)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  return clean.map((row) =>
    row
      .map((cell, at) => {
        const space = ' '.repeat(widths[at]! - widthOf(cell));
        return right.includes(at) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Styles stay; every other control character does not. */
function harmless(cell: string): string {
  return cell
    .split(STYLED)
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll(CONTROL, '?')))
    .join('');
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

/** Rows as CSV (RFC 4180) that a spreadsheet opens without running anything in it. Pure. */
import type { Value } from './order.ts';

/** A spreadsheet runs text that begins like this as a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;
const QUOTED = /[",;\r\n]|^\s|\s$/;

export function csvOf(head: readonly string[], rows: readonly (readonly Value[])[]): string {
  // The mark tells Excel that the text is UTF-8.
  return `\uFEFF${[head, ...rows].map((row) => `${row.map(cellOf).join(',')}\r\n`).join('')}`;
}

function cellOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

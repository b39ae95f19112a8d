/** The results of a fleet as text: a line for each fault, and what was wrong. */
import type { FleetResult } from './run-fleet-fault.ts';

const COLUMNS = ['fault', 'sent', 'failed', 'admitted', 'allowed', 'back after', 'verdict'] as const;

export function fleetTable(results: readonly FleetResult[]): string {
  const rows = [COLUMNS, ...results.map(row)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, at) => (isWord(at) ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  const details = results.flatMap(detail);
  const failed = results.filter(({ verdict }) => verdict === 'FAILED').length;
  const summary = `chaos: ${results.length - failed} passed, ${failed} failed`;
  return [...lines, ...(details.length > 0 ? ['', ...details] : []), '', summary].join('\n');
}

function row({ name, sent, failed, admitted, allowed, backMs, verdict }: FleetResult): readonly string[] {
  const back = backMs === null ? 'never' : `${(backMs / 1000).toFixed(1)} s`;
  return [name, `${sent}`, `${failed}`, `${admitted}`, `${allowed}`, back, verdict];
}

function isWord(column: number): boolean {
  return column === 0 || column === COLUMNS.length - 1;
}

function detail({ name, expects, reasons, failures }: FleetResult): readonly string[] {
  if (reasons.length === 0) return [];
  const found = Object.entries(failures).map(([what, count]) => `${count} × ${what}`);
  return [
    `${name}: FAILED`,
    `  expected: ${expects}`,
    ...reasons.map((reason) => `  found: ${reason}`),
    ...(found.length > 0 ? [`  failures: ${found.join(', ')}`] : []),
  ];
}

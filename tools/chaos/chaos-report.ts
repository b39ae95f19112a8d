/** The results as text: a line for each fault, and what was wrong. */
import type { FaultResult } from './run-fault.ts';

const COLUMNS = ['fault', 'sent', 'GET failed', 'POST failed', 'back after', 'memory', 'verdict'] as const;

export function table(results: readonly FaultResult[]): string {
  const rows = [COLUMNS, ...results.map(row)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, at) => align(cell, widths[at]!, at))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  const details = results.flatMap(detail);
  return [...lines, ...(details.length > 0 ? ['', ...details] : []), '', summary(results)].join('\n');
}

function row(result: FaultResult): readonly string[] {
  const { name, verdict, sent, failedIdempotent, failedOther, backMs, rssGrowthMiB } = result;
  if (verdict === 'skipped') return [name, '–', '–', '–', '–', '–', verdict];
  const back = backMs === null ? 'never' : `${(backMs / 1000).toFixed(1)} s`;
  const sign = rssGrowthMiB >= 0 ? '+' : '−';
  const memory = `${sign}${Math.abs(rssGrowthMiB).toFixed(0)} MiB`;
  return [name, String(sent), String(failedIdempotent), String(failedOther), back, memory, verdict];
}

/** Words to the left, figures to the right. */
function align(cell: string, width: number, column: number): string {
  return column === 0 || column === COLUMNS.length - 1 ? cell.padEnd(width) : cell.padStart(width);
}

function detail({ name, expects, verdict, reasons, failures }: FaultResult): readonly string[] {
  if (verdict === 'passed') return [];
  if (verdict === 'skipped') return [`${name}: skipped: ${reasons.join('; ')}`];
  const found = Object.entries(failures).map(([what, count]) => `${count} × ${what}`);
  return [
    `${name}: FAILED`,
    `  expected: ${expects}`,
    ...reasons.map((reason) => `  found: ${reason}`),
    ...(found.length > 0 ? [`  failures: ${found.join(', ')}`] : []),
  ];
}

function summary(results: readonly FaultResult[]): string {
  const count = (verdict: FaultResult['verdict']): number => results.filter((each) => each.verdict === verdict).length;
  return `chaos: ${count('passed')} passed, ${count('FAILED')} failed, ${count('skipped')} skipped`;
}

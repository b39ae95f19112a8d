/** Plans, watches and versions of the configuration in words, for terminals. */
import type { CheckAnswer, ReloadAnswer } from '../../reload/api/config-view.ts';
import type { DiffAnswer, VersionAnswer } from '../../reload/api/version-view.ts';
import type { WatchAnswer } from '../../reload/api/watch-view.ts';
import { table } from '../top/text.ts';

export function planText(plan: Pick<CheckAnswer, 'changes' | 'restart_required' | 'warnings'>): string {
  const lines = [
    ...changeLines(plan.changes),
    ...(plan.restart_required.length > 0 ? [`after a restart only: ${plan.restart_required.join(', ')}`] : []),
    ...plan.warnings.map(({ key, message }) => `warning: ${key}: ${message}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

export function diffText({ from, to, changes }: DiffAnswer): string {
  return [`from version ${from} to ${to}:`, ...changeLines(changes)].map((line) => `${line}\n`).join('');
}

function changeLines(changes: DiffAnswer['changes']): string[] {
  if (changes.length === 0) return ['no changes'];
  const rows = changes.map(({ action, kind, name, keys }) => [
    `  ${action}`,
    `${kind} ${name}${keys.length === 0 ? '' : ` (${keys.join(', ')})`}`,
  ]);
  return [`${changes.length} ${changes.length === 1 ? 'change' : 'changes'}:`, ...table(rows)];
}

export function appliedText({ result, number, watch }: ReloadAnswer): string {
  if (result === 'unchanged') return 'nothing to apply: these settings are current\n';
  const watched = watch === null ? '' : `; watching for ${watch.seconds} s`;
  return `applied${number === null ? '' : ` as version ${number}`}${watched}\n`;
}

export function versionTable(versions: readonly VersionAnswer[]): string {
  if (versions.length === 0) return 'no versions: the gateway runs without a file, or from code\n';
  const rows = versions.map(({ number, applied_at: at, origin, by, bytes, digest, stored }, place) => [
    `${number}${place === 0 ? ' *' : ''}`,
    at.replace(/\.\d+Z$/, 'Z'),
    origin,
    by ?? '-',
    String(bytes),
    digest.slice(0, 12),
    stored ? '' : 'in memory only',
  ]);
  return `${table([['VERSION', 'APPLIED', 'ORIGIN', 'BY', 'BYTES', 'DIGEST', ''], ...rows], [4]).join('\n')}\n`;
}

/** While it runs: one line for each look. */
export function lookText({ look, looks, comparisons }: WatchAnswer): string {
  const judged = comparisons.filter(({ verdict }) => verdict !== 'unknown').length;
  const worse = comparisons.filter(({ verdict }) => verdict === 'worse').length;
  const found = judged === 0 ? 'too few requests yet' : `${judged} comparisons, ${worse === 0 ? 'none' : worse} worse`;
  return `look ${look} of ${looks}: ${found}\n`;
}

const ENDS: Readonly<Record<WatchAnswer['state'], string>> = {
  watching: 'is being watched',
  kept: 'kept',
  reverted: 'REVERTED',
  ended: 'no longer watched',
  revert_failed: 'NOT REVERTED',
};

/** When it has ended: every comparison, and what decided. */
export function watchText({ version, state, reason, comparisons }: WatchAnswer): string {
  const rows = comparisons.map(({ route, measure, verdict, before, after }) => {
    const shown = (one: typeof before): string => (measure === 'p95' ? milliseconds(one.p95_ms) : percent(one.share));
    return [
      route ?? (measure === 'unrouted' ? '(gateway)' : '(others)'),
      measure,
      shown(before),
      shown(after),
      `${before.requests}`,
      `${after.requests}`,
      verdict,
    ];
  });
  const head = ['ROUTE', 'MEASURE', 'BEFORE', 'AFTER', 'REQUESTS', 'THEN', 'VERDICT'];
  const lines = rows.length === 0 ? [] : table([head, ...rows], [2, 3, 4, 5]);
  return [...lines, `version ${version} ${ENDS[state]}${reason === null ? '' : `: ${reason}`}`, ''].join('\n');
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(share * 100).toFixed(1)} %`;
}

function milliseconds(value: number | null): string {
  return value === null ? '-' : `${Math.round(value)} ms`;
}

/** Results as numbers, as a table, and as the generated part of docs/performance.md. */
import type { Machine } from './machine.ts';
import { CADDY, NGINX } from './peers.ts';
import type { Finding } from './scenario.ts';

export interface Round {
  readonly requestsPerSecond: number;
  readonly cpuMicrosPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly residentMiB: number;
}

export interface PeerResult {
  readonly name: string;
  readonly version: string;
  readonly rounds: readonly Round[];
  /** Of the rounds, number by number. */
  readonly median: Round;
}

export interface Results {
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly machine: Machine;
  readonly load: string;
  readonly peers: readonly PeerResult[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
  /** Sentences; undefined if it was not measured. */
  readonly limiter: string | undefined;
  /** Other workloads against their targets. */
  readonly findings: readonly Finding[];
}

export function medianRound(rounds: readonly Round[]): Round {
  const of = (key: keyof Round): number => median(rounds.map((round) => round[key]));
  return {
    requestsPerSecond: of('requestsPerSecond'),
    cpuMicrosPerRequest: of('cpuMicrosPerRequest'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    residentMiB: of('residentMiB'),
  };
}

/** With an even number, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The interquartile range of the rounds: how far a median can be trusted. Without rounds, undefined. */
export function middleHalf(values: readonly number[]): readonly [number, number] | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const quarter = Math.floor((sorted.length - 1) / 4);
  return [sorted[quarter]!, sorted.at(-1 - quarter)!];
}

/** A Markdown table that is also readable as plain text. */
export function table({ peers }: Pick<Results, 'peers'>): string {
  const cpuOf = (name: string): number | undefined =>
    peers.find((peer) => peer.name === name)?.median.cpuMicrosPerRequest;
  const ratio = (value: number, base: number | undefined): string =>
    base === undefined ? '–' : `${(value / base).toFixed(2)} ×`;
  const rows = peers.map(({ name, version, rounds, median: { cpuMicrosPerRequest: cpu, ...rest } }) => [
    `${name} ${version}`,
    cpu.toFixed(1),
    (middleHalf(rounds.map((round) => round.cpuMicrosPerRequest)) ?? []).map((value) => value.toFixed(0)).join('–'),
    ratio(cpu, cpuOf(CADDY)),
    ratio(cpu, cpuOf(NGINX)),
    Math.round(rest.requestsPerSecond).toLocaleString('en'),
    rest.p50Ms.toFixed(2),
    rest.p99Ms.toFixed(2),
    rest.residentMiB.toFixed(0),
  ]);
  const head = [
    '',
    'CPU µs / request',
    'middle half',
    `to ${CADDY}`,
    `to ${NGINX}`,
    'requests / s',
    'p50 ms',
    'p99 ms',
    'RSS MiB',
  ];
  return aligned(head, rows);
}

/** Every measurement against its target. */
export function targets(findings: readonly Finding[]): string {
  const rows = findings.map(({ work, measured, target, isMet }) => [work, measured, target, isMet ? 'met' : 'missed']);
  return aligned(['work', 'measured', 'target', ''], rows);
}

export function aligned(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, 3, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join(' | ')} |`;
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

export function describe(results: Results): string {
  const { cpu, cores, memoryGiB, system, node } = results.machine;
  const lines = [
    `${results.load} Medians; compare ratios, not figures.`,
    '',
    table(results),
    '',
    `Measured on ${results.date.slice(0, 10)}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}.`,
  ];
  if (results.skipped.length > 0) {
    lines.push(`Left out: ${results.skipped.map(({ name, why }) => `${name} (${why})`).join(', ')}.`);
  }
  if (results.findings.length > 0) lines.push('', targets(results.findings));
  if (results.limiter !== undefined) lines.push('', results.limiter);
  return lines.join('\n');
}

/**
 * `page` with the part between the marks replaced, or with the marks and that part at its end.
 *
 * @param name of the part
 */
export function withResults(page: string, text: string, name = 'bench'): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const part = `${start}\n\n${text}\n\n${end}`;
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from === -1 || to < from) return `${page.trimEnd()}\n\n${part}\n`;
  return page.slice(0, from) + part + page.slice(to + end.length);
}

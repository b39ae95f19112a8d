/** The result of a profile, as lines of text. */
import type { Burst } from './burst.ts';
import { type ProfileResult, type Share, type Verdict, VERDICTS } from './profile.ts';
import { round } from './statistics.ts';

const WORDS = { passed: 'PASSED', failed: 'FAILED', skipped: 'SKIPPED' } as const;
const BAR = 30;

export function resultLines({ profile, verdict, checks, notes, load, share }: ProfileResult): string[] {
  return [
    `${profile}: ${WORDS[verdict]}`,
    ...checks.map(({ claim, found, passed }) => `  ${passed ? 'ok  ' : 'NOT '} ${claim}: ${found}`),
    ...notes.map((note) => `  note ${note}`),
    ...(load === null ? [] : loadLines(load)),
    ...(share === null ? [] : shareLines(share)),
    '',
  ];
}

/** `PASSED: 5 passed, 1 skipped`; skipping everything that was asked for is not a success. */
export function verdictOf(results: readonly ProfileResult[]): { readonly passed: boolean; readonly line: string } {
  const count = (verdict: Verdict): number => results.filter((each) => each.verdict === verdict).length;
  const passed = count('failed') === 0 && count('passed') > 0;
  const counts = VERDICTS.filter((each) => count(each) > 0).map((each) => `${count(each)} ${each}`);
  return { passed, line: `${passed ? 'PASSED' : 'FAILED'}: ${counts.join(', ')}` };
}

function loadLines({
  requests,
  seconds,
  requests_per_second: rate,
  latency_ms: ms,
  statuses,
  errors,
}: Burst): string[] {
  const counted = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`);
  if (errors > 0) counted.push(`no answer: ${errors}`);
  return [
    `  load ${requests} requests in ${seconds} s, ${rate}/s`,
    `       latency ms: min ${ms.min}  mean ${ms.mean}  p50 ${ms.p50}  p95 ${ms.p95}  p99 ${ms.p99}  max ${ms.max}`,
    `       statuses: ${counted.join('  ') || 'none'}`,
  ];
}

function shareLines({ backends, mean, deviation, variation }: Share): string[] {
  const total = Object.values(backends).reduce((sum, count) => sum + count, 0);
  const width = Math.max(...Object.keys(backends).map((name) => name.length));
  const rows = Object.entries(backends)
    .sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
    .map(([name, count]) => {
      const share = total === 0 ? 0 : count / total;
      return `       ${name.padEnd(width)} ${'█'.repeat(Math.round(share * BAR)).padEnd(BAR)} ${count} (${round(share * 100, 1)} %)`;
    });
  return [`  share mean ${mean}, deviation ${deviation}, variation ${round(variation * 100, 1)} %`, ...rows];
}

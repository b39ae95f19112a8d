/** Answers what-if questions from a history of demand, without a gateway. */
import { DemandHistory } from '../../src/limits/core/demand-history.ts';
import { LiveWhatIf } from '../../src/limits/control/what-if-reporter.ts';
import type { LimitReports } from '../../src/limits/limit-reports.ts';
import { FakeLimitReports } from './fake-limit-reports.ts';

/** The clock, s, and what it is on the wall. */
export const WHAT_IF_SECOND = 1000;
export const WHAT_IF_WALL_MS = Date.parse('2026-12-01T12:00:00Z');

/**
 * @param counts of each bucket key: requests by second of the clock, which starts at 900
 * @param cost of every request
 */
export function fakeWhatIf(
  counts: Readonly<Record<string, Readonly<Record<number, number>>>> = {},
  {
    reports = new FakeLimitReports(),
    cost = 1,
  }: { reports?: Pick<LimitReports, 'report' | 'usage'>; cost?: number } = {},
): LiveWhatIf {
  const isRegistered = (bucket: string): boolean => bucket.startsWith('id:');
  const demand = new DemandHistory(900, isRegistered);
  for (const [key, seconds] of Object.entries(counts)) {
    for (const [second, count] of Object.entries(seconds)) {
      const [requests, tokens] = [Uint32Array.of(count), Uint32Array.of(count * cost)];
      demand.add({ second: Number(second), keys: [key], requests, tokens, missed: 0 });
    }
  }
  return new LiveWhatIf({
    demand,
    reports,
    isRegistered,
    nowMs: () => WHAT_IF_SECOND * 1000,
    wallMs: (atMs) => WHAT_IF_WALL_MS + atMs - WHAT_IF_SECOND * 1000,
  });
}

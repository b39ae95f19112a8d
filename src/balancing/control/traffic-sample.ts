/** How a backend has handled real requests between two readings of its counters. */
import type { BackendTable } from '../../backends/backend-table.ts';

/** Counters at a moment, all threads together. */
export interface TrafficCounters {
  /** Attempts whose outcome is known. */
  readonly attempts: number;
  /** Those of them that count as failing: see core/balancing/judgement.ts. */
  readonly bad: number;
  /** Answers below 400, and the sum of their times to first byte, ms. */
  readonly good: number;
  readonly goodMs: number;
}

export interface TrafficSample {
  readonly samples: number;
  /** Share of bad ones, 0..1; 0 without samples. */
  readonly errorRate: number;
  /** Mean time to first byte of good answers, ms; null: there was none. Errors say nothing about speed. */
  readonly latencyMs: number | null;
}

export function countTraffic(table: BackendTable, index: number): TrafficCounters {
  return { attempts: table.successes(index) + table.failures(index), ...table.judged(index) };
}

/** Counters that were reset in between count from zero. */
export function trafficBetween(before: TrafficCounters, now: TrafficCounters): TrafficSample {
  const wasReset = now.attempts < before.attempts || now.goodMs < before.goodMs || now.bad < before.bad;
  const since = wasReset ? NOTHING : before;
  const samples = now.attempts - since.attempts;
  const good = now.good - since.good;
  return {
    samples,
    // An attempt is judged just before it is counted.
    errorRate: samples === 0 ? 0 : Math.min(1, (now.bad - since.bad) / samples),
    latencyMs: good === 0 ? null : (now.goodMs - since.goodMs) / good,
  };
}

const NOTHING: TrafficCounters = { attempts: 0, bad: 0, good: 0, goodMs: 0 };

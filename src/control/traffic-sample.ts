/** What a backend has done for real requests between two looks at its counters. */
import { bucketMiddleUs, HISTOGRAM_CELLS } from '../core/histogram.ts';
import type { BackendTable } from '../state/backend-table.ts';

/** Counters at a moment, all threads together. */
export interface TrafficCounters {
  readonly successes: number;
  readonly failures: number;
  readonly latencies: Float64Array;
}

export interface TrafficSample {
  /** Requests whose outcome is known. */
  readonly samples: number;
  /** Share of failures, 0..1; 0 without samples. */
  readonly errorRate: number;
  /** Mean time to first byte, ms; null: no answer came. */
  readonly latencyMs: number | null;
}

export function countTraffic(table: BackendTable, index: number): TrafficCounters {
  const latencies = new Float64Array(HISTOGRAM_CELLS);
  for (let thread = 0; thread < table.threads; thread += 1) {
    const row = table.histogramOf(thread, index);
    for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) latencies[cell]! += table.histograms[row + cell]!;
  }
  return { successes: table.successes(index), failures: table.failures(index), latencies };
}

/** Counters that were set back in between count from zero. */
export function trafficBetween(before: TrafficCounters, now: TrafficCounters): TrafficSample {
  const successes = gained(before.successes, now.successes);
  const failures = gained(before.failures, now.failures);
  let answers = 0;
  let sumUs = 0;
  for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) {
    const count = gained(before.latencies[cell]!, now.latencies[cell]!);
    if (count === 0) continue;
    answers += count;
    sumUs += count * bucketMiddleUs(cell);
  }
  const samples = successes + failures;
  return {
    samples,
    errorRate: samples === 0 ? 0 : failures / samples,
    latencyMs: answers === 0 ? null : sumUs / answers / 1000,
  };
}

function gained(before: number, now: number): number {
  return now >= before ? now - before : now;
}

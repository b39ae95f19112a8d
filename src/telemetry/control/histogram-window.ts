/** Percentiles over the last minute from cumulative histograms: the current counts minus those of a minute ago. */
import { HISTOGRAM_CELLS, percentile } from '../../core/histogram.ts';
import type { Percentiles } from '../../core/histogram.ts';

const KEPT = 6;

export class HistogramWindow {
  readonly #kept: Float64Array[] = [];

  /** Every ten seconds, with the current histogram. */
  rotate(now: Float64Array): void {
    this.#kept.push(now);
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  /** Leaves in `now` what the last minute added. */
  subtract(now: Float64Array): void {
    // A slot that was given to another server began again at zero: counts of the one before are no baseline.
    const before = this.#kept.find((kept) => isWithin(kept, now));
    if (before === undefined) return;
    for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) now[cell]! -= before[cell]!;
  }

  /** In milliseconds. `now` is changed. */
  percentiles(now: Float64Array): Percentiles {
    this.subtract(now);
    const ms = (quantile: number): number | null => {
      const us = percentile(now, 0, quantile);
      return us === null ? null : Math.round(us) / 1000;
    };
    return { p50: ms(0.5), p95: ms(0.95), p99: ms(0.99) };
  }
}

/** In a loop of its own: it runs for every backend and second. */
function isWithin(before: Float64Array, now: Float64Array): boolean {
  for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) if (before[cell]! > now[cell]!) return false;
  return true;
}

const EMPTY = new HistogramWindow();

/** Read-only: without a window, over everything. `now` is changed. */
export function percentilesOf<K>(windows: ReadonlyMap<K, HistogramWindow>, key: K, now: Float64Array): Percentiles {
  return (windows.get(key) ?? EMPTY).percentiles(now);
}

/** To be rotated: created on first use. */
export function windowOf<K>(windows: Map<K, HistogramWindow>, key: K): HistogramWindow {
  const known = windows.get(key) ?? new HistogramWindow();
  windows.set(key, known);
  return known;
}

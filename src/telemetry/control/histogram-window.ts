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
    const before = this.#kept[0];
    if (before === undefined) return;
    // A slot that was given to another backend starts at zero again: never below.
    for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) now[cell] = Math.max(0, now[cell]! - before[cell]!);
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

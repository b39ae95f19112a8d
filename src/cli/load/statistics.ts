/** Pure statistics of a load: latencies, and how evenly requests are distributed. */
import { bucketOf, HISTOGRAM_CELLS, percentile } from '../../core/histogram.ts';

/** Milliseconds; all 0 if there was no answer. */
export interface Latency {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Counts answers one by one; percentiles are off by at most 6.25 %. */
export class LatencyCount {
  readonly #cells = new Float64Array(HISTOGRAM_CELLS);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  add(ms: number): void {
    const cell = bucketOf(ms * 1000);
    this.#cells[cell] = this.#cells[cell]! + 1;
    this.#count += 1;
    this.#sum += ms;
    this.#min = Math.min(this.#min, ms);
    this.#max = Math.max(this.#max, ms);
  }

  result(): Latency {
    if (this.#count === 0) return { min: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 };
    // A bucket's middle may be outside the measured range.
    const at = (q: number): number =>
      round(Math.min(this.#max, Math.max(this.#min, (percentile(this.#cells, 0, q) ?? 0) / 1000)));
    const mean = this.#sum / this.#count;
    return {
      min: round(this.#min),
      mean: round(mean),
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      max: round(this.#max),
    };
  }
}

export interface Spread {
  readonly mean: number;
  /** Standard deviation of the population, not of a sample. */
  readonly deviation: number;
  /** Coefficient of variation, deviation / mean: 0 is perfectly even; 0 also for no values. */
  readonly variation: number;
}

export function spread(counts: readonly number[]): Spread {
  if (counts.length === 0) return { mean: 0, deviation: 0, variation: 0 };
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  const deviation = Math.sqrt(variance);
  return { mean: round(mean), deviation: round(deviation), variation: mean === 0 ? 0 : round(deviation / mean, 4) };
}

/** To this many decimal places. */
export function round(value: number, digits = 2): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

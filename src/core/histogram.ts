/**
 * Log-linear latency histogram: every octave from 64 µs to 2²⁷ µs (134 s) in 8 equal buckets. Counting is two shifts and
 * an increment; a percentile is off by at most half a bucket, 6.25 %. Rows of several threads are added cell by cell.
 * Source: G. Tene, HdrHistogram (log-linear buckets).
 */

const LOWEST_OCTAVE = 6;
const OCTAVES = 21;
const MIN_US = 2 ** LOWEST_OCTAVE;
const MAX_US = 2 ** (LOWEST_OCTAVE + OCTAVES);

/** Cells of one row. */
export const HISTOGRAM_CELLS = OCTAVES * 8;

/** The cell, 0..HISTOGRAM_CELLS − 1, that counts this many microseconds. Values outside the range (and NaN) clamp. */
export function bucketOf(valueUs: number): number {
  if (!(valueUs >= MIN_US)) return 0;
  if (valueUs >= MAX_US) return HISTOGRAM_CELLS - 1;
  const octave = 31 - Math.clz32(valueUs);
  // The four leading bits: 8..15.
  return (octave - LOWEST_OCTAVE) * 8 + (valueUs >>> (octave - 3)) - 8;
}

/** The value, µs, that represents everything a cell counts. */
export function bucketMiddleUs(bucket: number): number {
  const widthUs = 2 ** ((bucket >>> 3) + LOWEST_OCTAVE - 3);
  return widthUs * (8 + (bucket & 7) + 0.5);
}

/**
 * The value, µs, at or below which the share `q` of all counted values is (nearest rank); null if there are none.
 *
 * @param counts at least HISTOGRAM_CELLS cells from `offset`
 * @param q 0..1: 0.5 is the median, 1 the highest
 */
export function percentile(counts: ArrayLike<number>, offset: number, q: number): number | null {
  let total = 0;
  for (let bucket = 0; bucket < HISTOGRAM_CELLS; bucket += 1) total += counts[offset + bucket]!;
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(q * total - 1e-9));
  let bucket = 0;
  let seen = counts[offset]!;
  // Bounded, because another thread may clear the row while this one reads it.
  while (seen < rank && bucket < HISTOGRAM_CELLS - 1) {
    bucket += 1;
    seen += counts[offset + bucket]!;
  }
  return bucketMiddleUs(bucket);
}

/**
 * How many cells, from the first, count for values up to `boundUs`: a cell belongs where its middle is, so a bound is
 * met to within half a bucket, 6.25 %.
 */
export function cellsUpTo(boundUs: number): number {
  let cells = 0;
  while (cells < HISTOGRAM_CELLS && bucketMiddleUs(cells) <= boundUs) cells += 1;
  return cells;
}

/**
 * How many values are at or below each bound, and as the last number, the total.
 *
 * @param ends ascending, from cellsUpTo()
 */
export function cumulativeCounts(counts: ArrayLike<number>, ends: readonly number[]): number[] {
  const cumulative: number[] = [];
  let sum = 0;
  let cell = 0;
  for (const end of [...ends, HISTOGRAM_CELLS]) {
    for (; cell < end; cell += 1) sum += counts[cell]!;
    cumulative.push(sum);
  }
  return cumulative;
}

/** Milliseconds; null while there is no sample. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

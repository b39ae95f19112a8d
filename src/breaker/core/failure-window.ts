/**
 * Successes and failures over a sliding window, as a ring of ten buckets in cells owned by the caller: a row of shared
 * memory that one thread writes and every thread reads, or an array in a test.
 *
 * Bucket k of a row is three cells: epoch (which tenth of a window it counts, since the clock's zero), successes,
 * failures. A bucket is emptied when it is needed again; readers skip those whose epoch has passed. Zeroed memory is a
 * valid empty row. The window is between 0.9 and 1 times `windowMs` long.
 */

/** A row of numbers: a Float64Array, or a plain array. Counts and epochs need more than 32 bits. */
export interface Cells {
  readonly length: number;
  [index: number]: number;
}

const BUCKETS = 10;
const CELLS_PER_BUCKET = 3;

/** Cells of one row. */
export const WINDOW_CELLS = BUCKETS * CELLS_PER_BUCKET;

/** What {@link sumWindow} adds to. */
export interface WindowSum {
  successes: number;
  failures: number;
}

function epochAt(nowMs: number, windowMs: number): number {
  return Math.floor((nowMs * BUCKETS) / windowMs);
}

/** Counts one outcome in the row that begins at `offset`. Only the row's owner may call it. */
export function recordOutcome(cells: Cells, offset: number, isFailure: boolean, nowMs: number, windowMs: number): void {
  const epoch = epochAt(nowMs, windowMs);
  const at = offset + (epoch % BUCKETS) * CELLS_PER_BUCKET;
  if (cells[at] !== epoch) {
    // Counts first: a reader in between sees an old bucket emptied, not old counts under a new epoch.
    cells[at + 1] = 0;
    cells[at + 2] = 0;
    cells[at] = epoch;
  }
  const cell = isFailure ? at + 2 : at + 1;
  cells[cell] = cells[cell]! + 1;
}

/**
 * **Adds** the row's window to `out`, so that the rows of several threads add up; set `out` to zero first. Buckets ahead
 * of `nowMs` (the clock went back, or `windowMs` was made longer) do not count.
 */
export function sumWindow(cells: Cells, offset: number, nowMs: number, windowMs: number, out: WindowSum): void {
  const newest = epochAt(nowMs, windowMs);
  for (let at = offset; at < offset + WINDOW_CELLS; at += CELLS_PER_BUCKET) {
    const age = newest - cells[at]!;
    if (age < 0 || age >= BUCKETS) continue;
    out.successes += cells[at + 1]!;
    out.failures += cells[at + 2]!;
  }
}

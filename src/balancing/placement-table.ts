/**
 * Where the requests of each pool went, in shared memory: counters by pool slot, each cell written by its own thread.
 * Only pools that prefer near backends, or have another pool to fall back to, count.
 */
import { MAX_POOLS } from '../runtime/table-sizes.ts';
import { LOCALITY_LEVELS } from './core/balancing-vocabulary.ts';

/** After the levels: requests that went to the fallback. */
const FALLBACK = LOCALITY_LEVELS.length;
const CELLS = FALLBACK + 1;

export interface PlacementBuffers {
  readonly threads: number;
  /** Float64, pool by pool, thread by thread. */
  readonly counts: SharedArrayBuffer;
}

export function allocatePlacements(threads: number): PlacementBuffers {
  return { threads, counts: new SharedArrayBuffer(8 * CELLS * MAX_POOLS * threads) };
}

export class PlacementTable {
  readonly #threads: number;
  readonly #counts: Float64Array;

  constructor({ threads, counts }: PlacementBuffers) {
    this.#threads = threads;
    this.#counts = new Float64Array(counts);
  }

  count(pool: number, thread: number, cell: number): void {
    this.#counts[(pool * this.#threads + thread) * CELLS + cell]! += 1;
  }

  /** A pool enters this slot: nothing of an earlier one is left. By the control thread, while no request uses it. */
  occupy(pool: number): void {
    const cells = this.#threads * CELLS;
    this.#counts.fill(0, pool * cells, (pool + 1) * cells);
  }

  /** Attempts since the pool took the slot, on all threads, by level. */
  picked(pool: number): readonly number[] {
    return LOCALITY_LEVELS.map((_, level) => this.#total(pool, level));
  }

  fallbacks(pool: number): number {
    return this.#total(pool, FALLBACK);
  }

  #total(pool: number, cell: number): number {
    let total = 0;
    for (let thread = 0; thread < this.#threads; thread += 1) {
      total += this.#counts[(pool * this.#threads + thread) * CELLS + cell]!;
    }
    return total;
  }
}

/** The cells of one thread. */
export class PlacementRow {
  readonly #table: PlacementTable;
  readonly #thread: number;

  constructor(table: PlacementTable, thread: number) {
    this.#table = table;
    this.#thread = thread;
  }

  /** @param level an index of {@link LOCALITY_LEVELS} */
  countPicked(pool: number, level: number): void {
    this.#table.count(pool, this.#thread, level);
  }

  countFallback(pool: number): void {
    this.#table.count(pool, this.#thread, FALLBACK);
  }
}

/**
 * Shared memory of what a fleet shares its limits by: how many gateways there are, and for each traffic thread its mode
 * and what its decisions were based on. The control thread writes the former, each thread its own row.
 */
import { DECISION_PATHS, type DecisionPath, SHARED_MODES, type SharedMode } from '../core/limits-vocabulary.ts';

/** Where the number of gateways is from, the best first. */
const SOURCES = ['redis', 'database'] as const;
export type FleetSource = (typeof SOURCES)[number];

const MODE = 0;
const SINCE_MS = 1;
const RTT_MS = 2;
const LIMITS = 3;
const WAITING_MS = 4;
const PATHS = 5;
const ROW_CELLS = PATHS + DECISION_PATHS.length;
const PATH_INDEX = Object.fromEntries(DECISION_PATHS.map((path, index) => [path, index])) as Record<
  DecisionPath,
  number
>;

export interface SharedLimitBuffers {
  readonly threads: number;
  /** Float64: gateways by source, then a row for each thread. */
  readonly memory: SharedArrayBuffer;
}

export interface ThreadSharing {
  readonly mode: SharedMode;
  /** Of the shared clock: since when. */
  readonly sinceMs: number;
  /** Round trip to Redis, average. */
  readonly rttMs: number;
  /** Limits in use. */
  readonly limits: number;
  /** Sum over the requests that waited for Redis. */
  readonly waitedMs: number;
  readonly decisions: Readonly<Record<DecisionPath, number>>;
}

export function allocateSharedLimits(threads: number): SharedLimitBuffers {
  return { threads, memory: new SharedArrayBuffer(8 * (SOURCES.length + threads * ROW_CELLS)) };
}

export class SharedLimitTable {
  readonly threads: number;
  readonly #cells: Float64Array;

  constructor({ threads, memory }: SharedLimitBuffers) {
    this.threads = threads;
    this.#cells = new Float64Array(memory);
  }

  /** @param gateways 0: this source does not know. */
  setGateways(source: FleetSource, gateways: number): void {
    this.#cells[SOURCES.indexOf(source)] = gateways;
  }

  /** Live gateways, this one included, by the best source that knows. */
  gateways(expected: number): number {
    for (let source = 0; source < SOURCES.length; source += 1) {
      if (this.#cells[source]! > 0) return this.#cells[source]!;
    }
    return expected;
  }

  setMode(thread: number, mode: SharedMode, nowMs: number): void {
    const row = this.#row(thread);
    this.#cells[row + SINCE_MS] = nowMs;
    this.#cells[row + MODE] = SHARED_MODES.indexOf(mode);
  }

  setState(thread: number, rttMs: number, limits: number): void {
    const row = this.#row(thread);
    this.#cells[row + RTT_MS] = rttMs;
    this.#cells[row + LIMITS] = limits;
  }

  count(thread: number, path: DecisionPath): void {
    this.#cells[this.#row(thread) + PATHS + PATH_INDEX[path]]! += 1;
  }

  waited(thread: number, ms: number): void {
    this.#cells[this.#row(thread) + WAITING_MS]! += ms;
  }

  of(thread: number): ThreadSharing {
    const row = this.#row(thread);
    return {
      mode: SHARED_MODES[this.#cells[row + MODE]!]!,
      sinceMs: this.#cells[row + SINCE_MS]!,
      rttMs: this.#cells[row + RTT_MS]!,
      limits: this.#cells[row + LIMITS]!,
      waitedMs: this.#cells[row + WAITING_MS]!,
      decisions: Object.fromEntries(
        DECISION_PATHS.map((path, index) => [path, this.#cells[row + PATHS + index]!]),
      ) as Record<DecisionPath, number>,
    };
  }

  #row(thread: number): number {
    return SOURCES.length + thread * ROW_CELLS;
  }
}

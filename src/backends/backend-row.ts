/** The part of the backend table that one traffic thread writes: its own running requests, outcomes and averages. */
import { decayingAverage, fixedAverage } from '../core/ewma.ts';
import { recordOutcome, WINDOW_CELLS } from '../breaker/core/failure-window.ts';
import { bucketOf } from '../core/histogram.ts';
import { lingering } from '../balancing/core/lingering.ts';
import { type BackendTable, CELL, LATENCY_STALE_MS, MAX_UNTIMED } from './backend-table.ts';

/** Time constant of the latency average that balancing uses. */
const LATENCY_WINDOW_MS = 10_000;
/** The weight of a new sample in the average that the API reports as `ema_ms`. */
const EMA_ALPHA = 0.2;
/** The weight of one attempt in the share of bad ones: visible after a few, gone after a dozen good ones. */
const FAILING_ALPHA = 0.2;
/** Less than one bad attempt after twenty good ones. */
const MIN_FAILING = 0.01;

export class BackendRow {
  readonly #table: BackendTable;
  readonly #cells: Float64Array;
  readonly #thread: number;

  constructor(table: BackendTable, thread: number) {
    this.#table = table;
    this.#cells = table.cells;
    this.#thread = thread;
  }

  started(index: number): void {
    this.#cells[this.#table.rowOf(this.#thread, index) + CELL.IN_FLIGHT]! += 1;
  }

  ended(index: number): void {
    const cell = this.#table.rowOf(this.#thread, index) + CELL.IN_FLIGHT;
    // A slot that was given to another backend meanwhile starts at 0 again.
    if (this.#cells[cell]! > 0) this.#cells[cell]! -= 1;
  }

  /** False: the backend is already working on `max` requests, all threads together. */
  takeSlot(index: number, max: number): boolean {
    if (this.#table.inFlight(index) >= max) return false;
    const cell = this.#table.rowOf(this.#thread, index) + CELL.HELD_SLOTS;
    // First here: a thread that dies in between returns one too many, which heals, rather than one too few.
    this.#cells[cell]! += 1;
    if (this.#table.takeSlot(index, max)) return true;
    this.#cells[cell]! -= 1;
    return false;
  }

  returnSlot(index: number): void {
    const cell = this.#table.rowOf(this.#thread, index) + CELL.HELD_SLOTS;
    if (this.#cells[cell]! > 0) this.#cells[cell]! -= 1;
    this.#table.returnSlots(index, 1);
  }

  /** True: requests of this thread have `max` connections to the backend. */
  hasNoConnection(index: number, max: number): boolean {
    return this.#cells[this.#table.rowOf(this.#thread, index) + CELL.CONNECTIONS]! >= max;
  }

  takeConnection(index: number): void {
    this.#cells[this.#table.rowOf(this.#thread, index) + CELL.CONNECTIONS]! += 1;
  }

  returnConnection(index: number): void {
    const cell = this.#table.rowOf(this.#thread, index) + CELL.CONNECTIONS;
    if (this.#cells[cell]! > 0) this.#cells[cell]! -= 1;
  }

  /** @param generation of the circuit; trials of an earlier one are over, whatever their outcome. */
  trialTaken(index: number, generation: number): void {
    const row = this.#table.rowOf(this.#thread, index);
    const isFirst = this.#cells[row + CELL.TRIAL_GENERATION] !== generation;
    this.#cells[row + CELL.TRIALS] = isFirst ? 1 : this.#cells[row + CELL.TRIALS]! + 1;
    this.#cells[row + CELL.TRIAL_GENERATION] = generation;
  }

  trialReturned(index: number, generation: number): void {
    const row = this.#table.rowOf(this.#thread, index);
    if (this.#cells[row + CELL.TRIAL_GENERATION] !== generation) return;
    if (this.#cells[row + CELL.TRIALS]! > 0) this.#cells[row + CELL.TRIALS]! -= 1;
  }

  /** An outcome too late for the circuit: it counts in the totals, not in the window. */
  countedLate(index: number, isFailure: boolean): void {
    const row = this.#table.rowOf(this.#thread, index);
    this.#cells[row + (isFailure ? CELL.FAILURES : CELL.SUCCESSES)]! += 1;
  }

  counted(index: number, isFailure: boolean, nowMs: number, windowMs: number): void {
    const row = this.#table.rowOf(this.#thread, index);
    this.#cells[row + (isFailure ? CELL.FAILURES : CELL.SUCCESSES)]! += 1;
    // Failures that tripped the circuit are forgotten when it has closed: they must not trip it again at once.
    const closedSince = this.#table.closedSince(index);
    if (this.#cells[row + CELL.WINDOW_SINCE] !== closedSince) {
      this.#cells.fill(0, row + CELL.WINDOW, row + CELL.WINDOW + WINDOW_CELLS);
      this.#cells[row + CELL.WINDOW_SINCE] = closedSince;
    }
    recordOutcome(this.#cells, row + CELL.WINDOW, isFailure, nowMs, windowMs);
  }

  /** Resets what this thread counted and measured; its running requests stay. */
  reset(index: number): void {
    this.#table.resetRow(this.#thread, index);
  }

  /**
   * A response head with this status (100..599) came `latencyMs` after its request was sent. Averages learn from good
   * answers only: an error shows how fast the backend fails.
   */
  answered(index: number, latencyMs: number, nowMs: number, status = 200): void {
    const row = this.#table.rowOf(this.#thread, index);
    this.#cells[row + CELL.RESPONSE_MS]! += latencyMs;
    this.#cells[row + CELL.STATUS + Math.min(4, Math.max(0, ((status / 100) | 0) - 1))]! += 1;
    this.#table.histograms[this.#table.histogramOf(this.#thread, index) + bucketOf(latencyMs * 1000)]! += 1;
    if (status >= 400) {
      this.#cells[row + CELL.UNTIMED]! += 1;
      return;
    }
    const elapsedMs = nowMs - this.#cells[row + CELL.LATENCY_AT]!;
    // An old average was no longer trusted: the new sample replaces it.
    const isUnknown = elapsedMs > LATENCY_STALE_MS || this.#cells[row + CELL.UNTIMED]! >= MAX_UNTIMED;
    this.#cells[row + CELL.LATENCY] = isUnknown
      ? latencyMs
      : decayingAverage(this.#cells[row + CELL.LATENCY]!, latencyMs, elapsedMs, LATENCY_WINDOW_MS);
    this.#cells[row + CELL.LATENCY_AT] = nowMs;
    this.#cells[row + CELL.UNTIMED] = 0;
    this.#cells[row + CELL.EMA] = fixedAverage(this.#cells[row + CELL.EMA]!, latencyMs, EMA_ALPHA);
    this.#cells[row + CELL.GOOD]! += 1;
    this.#cells[row + CELL.GOOD_MS]! += latencyMs;
  }

  /** An attempt has ended, successfully or not. */
  judged(index: number, isBad: boolean, nowMs: number): void {
    const row = this.#table.rowOf(this.#thread, index);
    if (isBad) this.#cells[row + CELL.BAD]! += 1;
    const judgedAt = this.#cells[row + CELL.JUDGED_AT]!;
    const isKnown = judgedAt !== 0 && nowMs - judgedAt <= LATENCY_STALE_MS;
    const failing = fixedAverage(isKnown ? this.#cells[row + CELL.FAILING]! : NaN, isBad ? 1 : 0, FAILING_ALPHA);
    this.#cells[row + CELL.FAILING] = failing < MIN_FAILING ? 0 : failing;
    this.#cells[row + CELL.JUDGED_AT] = nowMs;
  }

  /** An attempt ended sooner than a good one would have: for balancing, it continues for `forMs`. */
  lingers(index: number, forMs: number, nowMs: number): void {
    const row = this.#table.rowOf(this.#thread, index);
    const lastMs = this.#cells[row + CELL.LINGER_MS]!;
    const elapsedMs = nowMs - this.#cells[row + CELL.LINGER_AT]!;
    const left = lingering(this.#cells[row + CELL.LINGER]!, elapsedMs, lastMs);
    this.#cells[row + CELL.LINGER] = left + 1;
    this.#cells[row + CELL.LINGER_MS] = (left * lastMs + forMs) / (left + 1);
    this.#cells[row + CELL.LINGER_AT] = nowMs;
  }
}

/**
 * What all threads know about every backend, in shared memory.
 *
 * - Per backend: flags and weight (the control thread writes them), the circuit word and the counters of consecutive
 *   failures (changed by compare-and-swap or atomic addition), and a few times.
 * - Per thread and backend: a row of plain cells that only this thread writes. Readers add the rows up. When a thread
 *   dies, the control thread removes its running requests (releaseThread), so that counts cannot leak.
 *
 * A backend keeps its slot (`index`) as long as it is configured; the control thread assigns the slots.
 */
import type { HealthVerdict } from '../health/core/rise-fall.ts';
import { FORCED_OPEN, generationOf, stateOf } from '../breaker/core/circuit-breaker.ts';
import { sumWindow, WINDOW_CELLS, type WindowSum } from '../breaker/core/failure-window.ts';
import { lingering, lingeringCount } from '../balancing/core/lingering.ts';
import { HISTOGRAM_CELLS } from '../core/histogram.ts';
import { MAX_BACKENDS } from '../runtime/table-sizes.ts';

// Int32 cells of a backend.
const FLAGS = 0;
const CIRCUIT = 1;
const CONSECUTIVE = 2;
const PASSIVE = 3;
const SLOTS_IN_USE = 4;
const INTS = 5;

// Float64 cells of a backend.
const WEIGHT = 0;
const OPEN_UNTIL = 1;
const EJECTED_UNTIL = 2;
const CLOSED_SINCE = 3;
const LAST_FAILURE = 4;
const FORCED_UNTIL = 5;
const FLOATS = 8;

// Float64 cells of a thread's row for a backend.
const IN_FLIGHT = 0;
const SUCCESSES = 1;
const FAILURES = 2;
const LATENCY = 3;
const LATENCY_AT = 4;
const EMA = 5;
const TRIALS = 6;
/** The closedSince that the window belongs to. */
const WINDOW_SINCE = 7;
/** Generation of the circuit when it gave out the trials. */
const TRIAL_GENERATION = 8;
/** Of the slots in use, those of this thread. */
const HELD_SLOTS = 9;
const WINDOW = 10;
/** Sum of all times to first byte, ms: with the histogram's count, a mean that no bucket blurs. */
const RESPONSE_MS = WINDOW + WINDOW_CELLS + 1;
/** Response heads by status class, 1xx..5xx. */
const STATUS = RESPONSE_MS + 1;
/** Answers below 400, and the sum of their times to first byte, ms: only these show how fast it is. */
const GOOD = STATUS + 5;
const GOOD_MS = GOOD + 1;
/** Bad attempts; see core/balancing/judgement.ts. */
const BAD = GOOD_MS + 1;
/** Share of bad ones among the last attempts, 0..1, and when the last of them ended. */
const FAILING = BAD + 1;
const JUDGED_AT = FAILING + 1;
/** Consecutive answers that said nothing about its speed. */
const UNTIMED = JUDGED_AT + 1;
/** Attempts that ended too soon, as of LINGER_AT, and the mean time for which they are held against the backend, ms. */
const LINGER = UNTIMED + 1;
const LINGER_AT = LINGER + 1;
const LINGER_MS = LINGER_AT + 1;
/** Connections that requests of this thread have, or have been promised. */
const CONNECTIONS = LINGER_MS + 1;
const ROW = CONNECTIONS + 1;

/** After this long without a sample, a latency average is out of date. */
export const LATENCY_STALE_MS = 2000;
/** So it is after this many consecutive answers that say nothing about its speed. */
export const MAX_UNTIMED = 5;

const ENABLED = 1;
const DRAINING = 2;
const UP = 4;
const DOWN = 8;
const UNRESOLVED = 16;
const UNPROVEN = 32;
const UNCHECKED = 64;

const HEALTH_FLAGS = { up: UP, down: DOWN, unchecked: UNCHECKED } as const;

export interface BackendTableBuffers {
  readonly threads: number;
  /** Int32: [0] the availability version, then INTS cells per backend. */
  readonly words: SharedArrayBuffer;
  /** Float64: FLOATS cells per backend, then the rows, thread by thread. */
  readonly cells: SharedArrayBuffer;
  /** Float64, because a busy bucket would pass 2³² within days: time to first byte, thread by thread. */
  readonly histograms: SharedArrayBuffer;
}

export function allocateBackendTable(threads: number): BackendTableBuffers {
  return {
    threads,
    words: new SharedArrayBuffer(4 * (1 + MAX_BACKENDS * INTS)),
    cells: new SharedArrayBuffer(8 * MAX_BACKENDS * (FLOATS + threads * ROW)),
    histograms: new SharedArrayBuffer(8 * MAX_BACKENDS * threads * HISTOGRAM_CELLS),
  };
}

export class BackendTable {
  readonly threads: number;
  /** The cells of this thread's rows: hot loops index them directly by rowOf(). */
  readonly cells: Float64Array;
  readonly histograms: Float64Array;
  readonly #words: Int32Array;

  constructor(buffers: BackendTableBuffers) {
    this.threads = buffers.threads;
    this.cells = new Float64Array(buffers.cells);
    this.histograms = new Float64Array(buffers.histograms);
    this.#words = new Int32Array(buffers.words);
  }

  /** Changes whenever a backend may have become available or unavailable, except by the mere passing of time. */
  get availabilityVersion(): number {
    return Atomics.load(this.#words, 0);
  }

  bumpAvailability(): void {
    Atomics.add(this.#words, 0, 1);
  }

  // ---- written by the control thread

  /** A backend enters this slot: nothing of an earlier one is left. */
  occupy(index: number, weight: number, isEnabled: boolean): void {
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.rowOf(thread, index);
      this.cells.fill(0, row, row + ROW);
      this.resetRow(thread, index);
    }
    this.cells.fill(0, index * FLOATS, (index + 1) * FLOATS);
    this.cells[index * FLOATS + WEIGHT] = weight;
    const word = 1 + index * INTS;
    Atomics.store(this.#words, word + CIRCUIT, 0);
    Atomics.store(this.#words, word + CONSECUTIVE, 0);
    Atomics.store(this.#words, word + PASSIVE, 0);
    Atomics.store(this.#words, word + SLOTS_IN_USE, 0);
    Atomics.store(this.#words, word + FLAGS, isEnabled ? ENABLED : 0);
    this.bumpAvailability();
  }

  setEnabled(index: number, isEnabled: boolean): void {
    this.#setFlags(index, ENABLED, isEnabled ? ENABLED : 0);
  }

  setDraining(index: number, isDraining: boolean): void {
    this.#setFlags(index, DRAINING, isDraining ? DRAINING : 0);
  }

  /** Its host name has never resolved. */
  setUnresolved(index: number, isUnresolved: boolean): void {
    this.#setFlags(index, UNRESOLVED, isUnresolved ? UNRESOLVED : 0);
  }

  /** Only an old list has it, and it has not answered a health check yet. */
  setUnproven(index: number, isUnproven: boolean): void {
    this.#setFlags(index, UNPROVEN, isUnproven ? UNPROVEN : 0);
  }

  setHealth(index: number, health: HealthVerdict): void {
    const flag = health === 'unknown' ? 0 : HEALTH_FLAGS[health];
    // What answers is there.
    const settled = health === 'up' || health === 'unchecked' ? UNPROVEN : 0;
    this.#setFlags(index, UP | DOWN | UNCHECKED | settled, flag);
  }

  /** > 0. The weight that the strategies use; the configured one unless something adapts it. */
  setWeight(index: number, weight: number): void {
    this.cells[index * FLOATS + WEIGHT] = weight;
    this.bumpAvailability();
  }

  /** 0 ends the ejection. */
  setEjectedUntil(index: number, untilMs: number): void {
    this.cells[index * FLOATS + EJECTED_UNTIL] = untilMs;
    Atomics.store(this.#words, 1 + index * INTS + PASSIVE, 0);
    this.bumpAvailability();
  }

  /**
   * The thread is gone, and so are its running requests. Its counts stay. Returns the trials it held, by index; not
   * those of an earlier half-open circuit, which nothing waits for any more.
   */
  releaseThread(thread: number): { index: number; trials: number }[] {
    const held: { index: number; trials: number }[] = [];
    for (let index = 0; index < MAX_BACKENDS; index += 1) {
      const row = this.rowOf(thread, index);
      const trials = this.cells[row + TRIALS]!;
      const isCurrent = this.cells[row + TRIAL_GENERATION] === generationOf(this.circuitWord(index));
      if (trials > 0 && isCurrent) held.push({ index, trials });
      this.returnSlots(index, this.cells[row + HELD_SLOTS]!);
      this.cells[row + HELD_SLOTS] = 0;
      this.cells[row + IN_FLIGHT] = 0;
      this.cells[row + CONNECTIONS] = 0;
      this.cells[row + TRIALS] = 0;
    }
    return held;
  }

  // ---- read by everybody

  isEnabled(index: number): boolean {
    return (this.#flags(index) & ENABLED) !== 0;
  }

  isDraining(index: number): boolean {
    return (this.#flags(index) & DRAINING) !== 0;
  }

  isUnresolved(index: number): boolean {
    return (this.#flags(index) & UNRESOLVED) !== 0;
  }

  isUnproven(index: number): boolean {
    return (this.#flags(index) & UNPROVEN) !== 0;
  }

  health(index: number): HealthVerdict {
    const flags = this.#flags(index);
    if ((flags & UP) !== 0) return 'up';
    return (flags & DOWN) !== 0 ? 'down' : (flags & UNCHECKED) !== 0 ? 'unchecked' : 'unknown';
  }

  weight(index: number): number {
    return this.cells[index * FLOATS + WEIGHT]!;
  }

  ejectedUntil(index: number): number {
    return this.cells[index * FLOATS + EJECTED_UNTIL]!;
  }

  /** When the circuit admits a trial, if `word` is open: after a trip, or as set by an operator. */
  openUntil(index: number, word: number = this.circuitWord(index)): number {
    return this.cells[index * FLOATS + (stateOf(word) === FORCED_OPEN ? FORCED_UNTIL : OPEN_UNTIL)]!;
  }

  closedSince(index: number): number {
    return this.cells[index * FLOATS + CLOSED_SINCE]!;
  }

  /** 0: none yet. */
  lastFailure(index: number): number {
    return this.cells[index * FLOATS + LAST_FAILURE]!;
  }

  inFlight(index: number): number {
    return this.#sum(index, IN_FLIGHT);
  }

  /**
   * The load that balancing uses: the requests that run there, and those that failed at once, for as long as a good
   * answer would have taken. Without them the backend that fails fastest would always be the least busy one.
   */
  load(index: number, nowMs: number): number {
    let load = 0;
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.rowOf(thread, index);
      load += this.cells[row + IN_FLIGHT]!;
      if (this.cells[row + LINGER]! === 0) continue;
      const elapsedMs = nowMs - this.cells[row + LINGER_AT]!;
      load += lingeringCount(lingering(this.cells[row + LINGER]!, elapsedMs, this.cells[row + LINGER_MS]!));
    }
    return load;
  }

  successes(index: number): number {
    return this.#sum(index, SUCCESSES);
  }

  failures(index: number): number {
    return this.#sum(index, FAILURES);
  }

  /** The backend's answers since it took this slot: heads by class, 1xx..5xx, and the sum of their times, ms. */
  responses(index: number): { readonly statuses: readonly number[]; readonly sumMs: number } {
    const statuses = [0, 1, 2, 3, 4].map((kind) => this.#sum(index, STATUS + kind));
    return { statuses, sumMs: this.#sum(index, RESPONSE_MS) };
  }

  /** Since it took this slot: answers below 400, the sum of their times to first byte, ms, and bad attempts. */
  judged(index: number): { readonly good: number; readonly goodMs: number; readonly bad: number } {
    return { good: this.#sum(index, GOOD), goodMs: this.#sum(index, GOOD_MS), bad: this.#sum(index, BAD) };
  }

  /** Adds the histogram of times to first byte over all threads to `into`, HISTOGRAM_CELLS long. */
  addHistogram(index: number, into: Float64Array): void {
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.histogramOf(thread, index);
      for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) into[cell]! += this.histograms[row + cell]!;
    }
  }

  /**
   * Mean of the threads' decaying averages of good answers, ms, for balancing. NaN: no sample, or none that is still
   * valid: otherwise a strategy that avoids a slow backend would never see that it is fast again. After
   * LATENCY_STALE_MS without a good answer its latency is unknown, unless requests run there: then it may simply not
   * answer. After MAX_UNTIMED other answers it is unknown in any case: it answers, but not as before.
   */
  latencyMs(index: number, nowMs: number): number {
    let fresh = 0;
    let freshSum = 0;
    let stale = 0;
    let staleSum = 0;
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.rowOf(thread, index);
      const average = this.cells[row + LATENCY]!;
      if (average !== average || this.cells[row + UNTIMED]! >= MAX_UNTIMED) continue;
      if (nowMs - this.cells[row + LATENCY_AT]! <= LATENCY_STALE_MS) {
        fresh += 1;
        freshSum += average;
      } else {
        stale += 1;
        staleSum += average;
      }
    }
    if (fresh > 0) return freshSum / fresh;
    return stale > 0 && this.inFlight(index) > 0 ? staleSum / stale : NaN;
  }

  /**
   * Share of bad ones among the last attempts, 0..1; the mean of the threads with data. As with latency, without a new
   * attempt for LATENCY_STALE_MS it counts only while requests run there.
   */
  failing(index: number, nowMs: number): number {
    let known = 0;
    let sum = 0;
    let isBusy: boolean | null = null;
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.rowOf(thread, index);
      const judgedAt = this.cells[row + JUDGED_AT]!;
      if (judgedAt === 0) continue;
      const failing = this.cells[row + FAILING]!;
      if (failing > 0 && nowMs - judgedAt > LATENCY_STALE_MS) {
        isBusy ??= this.inFlight(index) > 0;
        if (!isBusy) continue;
      }
      known += 1;
      sum += failing;
    }
    return known === 0 ? 0 : sum / known;
  }

  /** Mean of the threads' α = 0.2 averages, ms; NaN: no sample. */
  emaMs(index: number): number {
    return this.#mean(index, EMA);
  }

  /** Adds all threads' sliding windows up, into `into`; those from before the circuit last closed are left out. */
  window(index: number, nowMs: number, windowMs: number, into: WindowSum): void {
    into.successes = 0;
    into.failures = 0;
    const sinceMs = this.closedSince(index);
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.rowOf(thread, index);
      if (this.cells[row + WINDOW_SINCE] === sinceMs) sumWindow(this.cells, row + WINDOW, nowMs, windowMs, into);
    }
  }

  // ---- slots, of backends with a limit: taken with a request's pick, returned when it is done there

  /** It is already working on `max` requests; those admitted before there was a limit count too. */
  isFull(index: number, max: number): boolean {
    return Atomics.load(this.#words, 1 + index * INTS + SLOTS_IN_USE) >= max || this.inFlight(index) >= max;
  }

  /** No traffic thread has a connection left, with `max` for each. */
  hasNoConnection(index: number, max: number): boolean {
    for (let thread = 0; thread < this.threads; thread += 1) {
      if (this.cells[this.rowOf(thread, index) + CONNECTIONS]! < max) return false;
    }
    return true;
  }

  /** Exact over all threads. False: there are already `max`. */
  takeSlot(index: number, max: number): boolean {
    const word = 1 + index * INTS + SLOTS_IN_USE;
    for (let taken = Atomics.load(this.#words, word); taken < max;) {
      const seen = Atomics.compareExchange(this.#words, word, taken, taken + 1);
      if (seen === taken) return true;
      taken = seen;
    }
    return false;
  }

  /** Never below zero: the slot may have been given to another backend meanwhile. */
  returnSlots(index: number, count: number): void {
    const word = 1 + index * INTS + SLOTS_IN_USE;
    for (let taken = Atomics.load(this.#words, word); taken > 0 && count > 0;) {
      const seen = Atomics.compareExchange(this.#words, word, taken, Math.max(0, taken - count));
      if (seen === taken) return;
      taken = seen;
    }
  }

  // ---- the circuit's cells: see circuits.ts

  circuitWord(index: number): number {
    return Atomics.load(this.#words, 1 + index * INTS + CIRCUIT);
  }

  /** True if the word was `expected` and is `next` now. */
  swapCircuitWord(index: number, expected: number, next: number): boolean {
    return Atomics.compareExchange(this.#words, 1 + index * INTS + CIRCUIT, expected, next) === expected;
  }

  setOpenUntil(index: number, untilMs: number): void {
    this.cells[index * FLOATS + OPEN_UNTIL] = untilMs;
  }

  /** Only the control thread forces circuits open, so nobody else writes this. */
  setForcedUntil(index: number, untilMs: number): void {
    this.cells[index * FLOATS + FORCED_UNTIL] = untilMs;
  }

  setClosedSince(index: number, atMs: number): void {
    this.cells[index * FLOATS + CLOSED_SINCE] = atMs;
  }

  setLastFailure(index: number, atMs: number): void {
    this.cells[index * FLOATS + LAST_FAILURE] = atMs;
  }

  consecutiveFailures(index: number): number {
    return Atomics.load(this.#words, 1 + index * INTS + CONSECUTIVE);
  }

  /** The count including this one. */
  addConsecutiveFailure(index: number): number {
    return Atomics.add(this.#words, 1 + index * INTS + CONSECUTIVE, 1) + 1;
  }

  /** Consecutive gateway errors, including this one, for passive health. */
  addPassiveError(index: number): number {
    return Atomics.add(this.#words, 1 + index * INTS + PASSIVE, 1) + 1;
  }

  endFailureRow(index: number): void {
    const word = 1 + index * INTS;
    // Reading first keeps the cache line shared in the usual case.
    if (this.#words[word + CONSECUTIVE] !== 0) Atomics.store(this.#words, word + CONSECUTIVE, 0);
    if (this.#words[word + PASSIVE] !== 0) Atomics.store(this.#words, word + PASSIVE, 0);
  }

  /**
   * Resets what a thread counted and measured; running requests stay. For the thread itself, or for its cleanup after
   * it died: a row has one writer, and a second one could restore what the first has just cleared.
   */
  resetRow(thread: number, index: number): void {
    const row = this.rowOf(thread, index);
    this.cells[row + SUCCESSES] = 0;
    this.cells[row + FAILURES] = 0;
    this.cells[row + LATENCY] = NaN;
    this.cells[row + LATENCY_AT] = 0;
    this.cells[row + EMA] = NaN;
    this.cells.fill(0, row + WINDOW, row + WINDOW + WINDOW_CELLS);
    this.cells.fill(0, row + RESPONSE_MS, row + ROW);
    const histogram = this.histogramOf(thread, index);
    this.histograms.fill(0, histogram, histogram + HISTOGRAM_CELLS);
  }

  // ---- layout, for backend-row.ts

  rowOf(thread: number, index: number): number {
    return MAX_BACKENDS * FLOATS + (thread * MAX_BACKENDS + index) * ROW;
  }

  histogramOf(thread: number, index: number): number {
    return (thread * MAX_BACKENDS + index) * HISTOGRAM_CELLS;
  }

  #flags(index: number): number {
    return Atomics.load(this.#words, 1 + index * INTS + FLAGS);
  }

  #setFlags(index: number, mask: number, bits: number): void {
    const word = 1 + index * INTS + FLAGS;
    const before = Atomics.load(this.#words, word);
    const after = (before & ~mask) | bits;
    if (after === before) return;
    Atomics.store(this.#words, word, after);
    this.bumpAvailability();
  }

  #sum(index: number, cell: number): number {
    let sum = 0;
    for (let thread = 0; thread < this.threads; thread += 1) sum += this.cells[this.rowOf(thread, index) + cell]!;
    return sum;
  }

  #mean(index: number, cell: number): number {
    let sum = 0;
    let count = 0;
    for (let thread = 0; thread < this.threads; thread += 1) {
      const value = this.cells[this.rowOf(thread, index) + cell]!;
      if (value === value) {
        sum += value;
        count += 1;
      }
    }
    return count === 0 ? NaN : sum / count;
  }
}

/** Offsets in a thread's row, for the one thread that writes it (backend-row.ts). */
export const CELL = {
  IN_FLIGHT,
  SUCCESSES,
  FAILURES,
  LATENCY,
  LATENCY_AT,
  EMA,
  TRIALS,
  TRIAL_GENERATION,
  WINDOW_SINCE,
  HELD_SLOTS,
  WINDOW,
  RESPONSE_MS,
  STATUS,
  GOOD,
  GOOD_MS,
  BAD,
  FAILING,
  JUDGED_AT,
  UNTIMED,
  LINGER,
  LINGER_AT,
  LINGER_MS,
  CONNECTIONS,
} as const;

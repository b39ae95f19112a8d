/**
 * The circuit breakers of all backends, exact across threads: the state machine of core/circuit-breaker.ts on words
 * in shared memory, changed by compare-and-swap.
 */
import type { CircuitBreakerSettings } from '../config/settings.ts';
import {
  admit,
  CLOSED,
  FORCED_OPEN,
  forceOpen,
  forgetTrips,
  generationOf,
  halfOpen,
  onTrialFailure,
  onTrialReleased,
  onTrialSuccess,
  OPEN,
  openMsFor,
  REFUSED,
  reset,
  shouldTrip,
  stateOf,
  trip,
  tripsOf,
  wouldAdmit,
} from './core/circuit-breaker.ts';
import type { Random } from '../core/random.ts';
import type { BackendRow } from '../backends/backend-row.ts';
import type { BackendTable } from '../backends/backend-table.ts';

/**
 * What a request holds until its outcome is known: the generation of its trial (0 and above), or this minus the
 * generation of the closed circuit that admitted it.
 */
export const PASS = -2;

/** Asked before a request goes to a backend. */
export interface Admission {
  /** PASS and below: admitted. REFUSED (-1): not. Otherwise the generation of the trial that this request is. */
  admit(index: number, settings: CircuitBreakerSettings, nowMs: number): number;
  /** The pass of a request that is admitted whatever the state of the circuit. */
  bypass(index: number): number;
  /** An operator has opened it. */
  isForcedOpen(index: number, nowMs: number): boolean;
}

export class Circuits implements Admission {
  readonly #table: BackendTable;
  readonly #row: BackendRow;
  readonly #random: Random;
  readonly #sum = { successes: 0, failures: 0 };

  constructor(table: BackendTable, row: BackendRow, random: Random) {
    this.#table = table;
    this.#row = row;
    this.#random = random;
  }

  wouldAdmit(index: number, settings: CircuitBreakerSettings, nowMs: number): boolean {
    const word = this.#table.circuitWord(index);
    if (!settings.enabled && stateOf(word) !== FORCED_OPEN) return true;
    return wouldAdmit(word, nowMs, this.#table.openUntil(index, word), settings);
  }

  admit(index: number, settings: CircuitBreakerSettings, nowMs: number): number {
    for (;;) {
      const word = this.#table.circuitWord(index);
      if (stateOf(word) === CLOSED) return PASS - generationOf(word);
      if (!settings.enabled && stateOf(word) !== FORCED_OPEN) return PASS - generationOf(word);
      const next = admit(word, nowMs, this.#table.openUntil(index, word), settings);
      if (next === REFUSED) return REFUSED;
      if (!settings.enabled) {
        // With circuits off, nobody counts trials: once its time has expired, it is closed.
        this.reset(index, nowMs);
        continue;
      }
      if (this.#table.swapCircuitWord(index, word, next)) {
        this.#row.trialTaken(index, generationOf(next));
        if (stateOf(word) !== stateOf(next)) this.#table.bumpAvailability();
        return generationOf(next);
      }
    }
  }

  /** It is counted, but is neither trial nor trip. */
  bypass(index: number): number {
    return PASS - generationOf(this.#table.circuitWord(index));
  }

  /** True when this success closed the circuit. */
  succeeded(index: number, pass: number, settings: CircuitBreakerSettings, nowMs: number): boolean {
    if (pass > REFUSED) this.#row.trialReturned(index, pass);
    if (this.#isLate(index, pass, settings)) {
      this.#row.countedLate(index, false);
      return false;
    }
    this.#row.counted(index, false, nowMs, settings.windowMs);
    this.#table.endFailureRow(index);
    if (!settings.enabled) return false;
    if (pass > REFUSED) return this.#change(index, (word) => onTrialSuccess(word, pass, settings), nowMs);
    if (tripsOf(this.#table.circuitWord(index)) > 0) this.#forget(index, settings, nowMs);
    return false;
  }

  /** True when this failure opened the circuit. */
  failed(index: number, pass: number, settings: CircuitBreakerSettings, nowMs: number): boolean {
    if (!this.#countFailure(index, pass, settings, nowMs)) return false;
    const consecutive = this.#table.addConsecutiveFailure(index);
    if (!settings.enabled) return false;
    if (pass > REFUSED) return this.#open(index, (word) => onTrialFailure(word, pass), settings, nowMs);
    return this.#tripIfDue(index, consecutive, settings, nowMs);
  }

  /**
   * A failure that is weak evidence on its own: it counts towards the ratio, but not towards consecutive failures. A
   * trial is returned; only as many in a row as there are trials open the circuit again. True when this one did.
   */
  timedOut(index: number, pass: number, settings: CircuitBreakerSettings, nowMs: number): boolean {
    if (!this.#countFailure(index, pass, settings, nowMs) || !settings.enabled) return false;
    if (pass <= REFUSED) return this.#tripIfDue(index, 0, settings, nowMs);
    if (this.#table.addConsecutiveFailure(index) >= Math.max(2, settings.halfOpenTrials)) {
      return this.#open(index, (word) => onTrialFailure(word, pass), settings, nowMs);
    }
    this.#change(index, (word) => onTrialReleased(word, pass), nowMs);
    return false;
  }

  /** False: it is too late for the circuit's current state. */
  #countFailure(index: number, pass: number, settings: CircuitBreakerSettings, nowMs: number): boolean {
    this.#table.setLastFailure(index, nowMs);
    if (pass > REFUSED) this.#row.trialReturned(index, pass);
    if (this.#isLate(index, pass, settings)) {
      this.#row.countedLate(index, true);
      return false;
    }
    this.#row.counted(index, true, nowMs, settings.windowMs);
    return true;
  }

  #tripIfDue(index: number, consecutive: number, settings: CircuitBreakerSettings, nowMs: number): boolean {
    this.#table.window(index, nowMs, settings.windowMs, this.#sum);
    const { failures, successes } = this.#sum;
    if (!shouldTrip(failures + successes, failures, consecutive, settings)) return false;
    // A success is what forgets trips; there may have been none since they expired.
    if (tripsOf(this.#table.circuitWord(index)) > 0) this.#forget(index, settings, nowMs);
    return this.#open(index, trip, settings, nowMs);
  }

  /** Neither success nor failure: the client left. A trial is returned. */
  released(index: number, pass: number): void {
    if (pass <= PASS) return;
    this.#row.trialReturned(index, pass);
    this.#change(index, (word) => onTrialReleased(word, pass), 0);
  }

  /** Returns the trials that a dead thread held. */
  releaseTrials(index: number, trials: number): void {
    for (let count = 0; count < trials; count += 1) {
      this.#change(index, (word) => onTrialReleased(word, generationOf(word)), 0);
    }
  }

  isForcedOpen(index: number, nowMs: number): boolean {
    const word = this.#table.circuitWord(index);
    return stateOf(word) === FORCED_OPEN && nowMs < this.#table.openUntil(index, word);
  }

  /**
   * Forces the circuit open for an operator, even where circuits are off. Running requests do not end it; at `untilMs`
   * it becomes half-open (closed, where circuits are off). Only for the control thread.
   */
  forceOpen(index: number, untilMs: number): void {
    // Before the word, as in #open.
    this.#table.setForcedUntil(index, untilMs);
    this.#table.endFailureRow(index);
    this.#change(index, forceOpen, 0);
  }

  /** True when it was open and now admits trials early. Never for a circuit that an operator opened. */
  halfOpen(index: number): boolean {
    const word = this.#table.circuitWord(index);
    if (stateOf(word) !== OPEN || !this.#table.swapCircuitWord(index, word, halfOpen(word))) return false;
    this.#table.bumpAvailability();
    return true;
  }

  /** Closes the circuit and forgets its trips. */
  reset(index: number, nowMs: number): void {
    this.#table.endFailureRow(index);
    this.#change(index, reset, nowMs);
  }

  /**
   * The circuit has changed since it admitted the request. The failure may belong to the trip, seen late: a timeout of
   * half a minute outlasts the first open times.
   */
  #isLate(index: number, pass: number, settings: CircuitBreakerSettings): boolean {
    const generation = pass > REFUSED ? pass : PASS - pass;
    return settings.enabled && generation !== generationOf(this.#table.circuitWord(index));
  }

  #open(index: number, transition: (word: number) => number, settings: CircuitBreakerSettings, nowMs: number): boolean {
    for (;;) {
      const word = this.#table.circuitWord(index);
      const next = transition(word);
      if (next === word) return false;
      // Written before the word, so that nobody who sees the open word can see an old time. A loser of the swap writes
      // nearly the same time, which does no harm.
      this.#table.setOpenUntil(index, nowMs + openMsFor(tripsOf(next), settings, this.#random()));
      if (this.#table.swapCircuitWord(index, word, next)) {
        this.#table.endFailureRow(index);
        this.#table.bumpAvailability();
        return true;
      }
    }
  }

  /** True when this closed the circuit. */
  #change(index: number, transition: (word: number) => number, nowMs: number): boolean {
    for (;;) {
      const word = this.#table.circuitWord(index);
      const next = transition(word);
      if (next === word) return false;
      const isClosing = stateOf(next) === CLOSED && stateOf(word) !== CLOSED;
      // Before the word, as in #open: a failure in the closed circuit must not meet the previous window.
      if (isClosing) this.#table.setClosedSince(index, nowMs);
      if (this.#table.swapCircuitWord(index, word, next)) {
        // A returned trial also makes room for a request.
        this.#table.bumpAvailability();
        return isClosing;
      }
    }
  }

  #forget(index: number, settings: CircuitBreakerSettings, nowMs: number): void {
    if (nowMs - this.#table.closedSince(index) < settings.forgetMs) return;
    this.#change(index, forgetTrips, nowMs);
  }
}

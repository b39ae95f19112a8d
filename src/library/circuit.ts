/** A circuit of one thread: the state machine and the window of the gateway's, without shared memory. */
import {
  admit,
  CLOSED,
  type CircuitBreakerSettings,
  forceOpen,
  FORCED_OPEN,
  forgetTrips,
  generationOf,
  onTrialFailure,
  onTrialReleased,
  onTrialSuccess,
  openMsFor,
  REFUSED,
  reset,
  shouldTrip,
  stateName,
  stateOf,
  trip,
  tripsOf,
} from '../breaker/core/circuit-breaker.ts';
import { MAX_TRIALS, MIN_WINDOW_MS } from '../breaker/core/circuit-breaker-settings.ts';
import type { CircuitState } from '../breaker/core/breaker-vocabulary.ts';
import { recordOutcome, sumWindow, WINDOW_CELLS } from '../breaker/core/failure-window.ts';
import type { Random } from '../core/random.ts';

export { REFUSED };

/** Of the gateway's configuration. */
export const CIRCUIT_DEFAULTS: CircuitBreakerSettings = {
  windowMs: 10_000,
  minimumRequests: 20,
  errorRatio: 0.5,
  consecutiveFailures: 5,
  openMs: 10_000,
  maxOpenMs: 300_000,
  halfOpenTrials: 3,
  halfOpenSuccesses: 2,
  forgetMs: 60_000,
};

/** `none`: neither success nor failure, such as a call that its caller gave up. */
export type CallOutcome = 'success' | 'failure' | 'none';

export class Circuit {
  readonly settings: CircuitBreakerSettings;
  readonly #random: Random;
  readonly #cells = new Float64Array(WINDOW_CELLS);
  readonly #sum = { successes: 0, failures: 0 };
  #word = 0;
  #openUntilMs = 0;
  #closedSinceMs = -Infinity;
  #consecutive = 0;

  /** @throws RangeError naming the setting, its value and its range */
  constructor(settings: Partial<CircuitBreakerSettings> = {}, random: Random = Math.random) {
    this.settings = { ...CIRCUIT_DEFAULTS, ...settings };
    check(this.settings);
    this.#random = random;
  }

  /** An open circuit whose time is over is half-open once a call asks for it. */
  get state(): CircuitState {
    return stateName(this.#word);
  }

  /** Whether a call would be admitted, without taking a trial. */
  wouldAdmit(nowMs: number): boolean {
    return admit(this.#word, nowMs, this.#openUntilMs, this.settings) !== REFUSED;
  }

  /** The generation that admits the call, for {@link settle}; REFUSED: it does not. */
  enter(nowMs: number): number {
    const next = admit(this.#word, nowMs, this.#openUntilMs, this.settings);
    if (next === REFUSED) return REFUSED;
    this.#word = next;
    return generationOf(next);
  }

  /** Until it may admit a call, ms; 0: now, or when a trial ends. */
  waitMs(nowMs: number): number {
    return this.state === 'open' ? Math.max(0, this.#openUntilMs - nowMs) : 0;
  }

  /** Each admitted call, once. A call that an earlier state of the circuit admitted changes nothing. */
  settle(generation: number, outcome: CallOutcome, nowMs: number): void {
    if (generation !== generationOf(this.#word)) return;
    const isTrial = stateOf(this.#word) !== CLOSED;
    if (outcome === 'none') this.#word = onTrialReleased(this.#word, generation);
    else if (isTrial) this.#settleTrial(generation, outcome, nowMs);
    else this.#settleCall(outcome === 'failure', nowMs);
  }

  /** Refuses all calls for `forMs`, whatever their outcomes. */
  open(forMs: number, nowMs: number): void {
    this.#openUntilMs = nowMs + forMs;
    this.#word = forceOpen(this.#word);
  }

  /** Closes it, without history. */
  reset(nowMs: number): void {
    this.#word = reset(this.#word);
    this.#restart(nowMs);
  }

  #settleTrial(generation: number, outcome: 'success' | 'failure', nowMs: number): void {
    const isOpened = outcome === 'failure';
    this.#word = isOpened
      ? onTrialFailure(this.#word, generation)
      : onTrialSuccess(this.#word, generation, this.settings);
    if (isOpened) this.#opened(nowMs);
    else if (stateOf(this.#word) === CLOSED) this.#restart(nowMs);
  }

  #settleCall(isFailure: boolean, nowMs: number): void {
    const { windowMs, forgetMs } = this.settings;
    recordOutcome(this.#cells, 0, isFailure, nowMs, windowMs);
    this.#consecutive = isFailure ? this.#consecutive + 1 : 0;
    if (tripsOf(this.#word) > 0 && nowMs - this.#closedSinceMs >= forgetMs) this.#word = forgetTrips(this.#word);
    if (!isFailure) return;
    this.#sum.successes = 0;
    this.#sum.failures = 0;
    sumWindow(this.#cells, 0, nowMs, windowMs, this.#sum);
    const { successes, failures } = this.#sum;
    if (!shouldTrip(successes + failures, failures, this.#consecutive, this.settings)) return;
    this.#word = trip(this.#word);
    this.#opened(nowMs);
  }

  #opened(nowMs: number): void {
    if (stateOf(this.#word) === FORCED_OPEN) return;
    this.#consecutive = 0;
    this.#openUntilMs = nowMs + openMsFor(tripsOf(this.#word), this.settings, this.#random());
  }

  /** The failures that opened it must not open it again. */
  #restart(nowMs: number): void {
    this.#cells.fill(0);
    this.#consecutive = 0;
    this.#closedSinceMs = nowMs;
  }
}

function check(settings: CircuitBreakerSettings): void {
  const range = (name: keyof CircuitBreakerSettings, min: number, max: number, isWhole = false): void => {
    const value = settings[name];
    if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return;
    throw new RangeError(`${name} must be ${isWhole ? 'a whole number from ' : ''}${min} to ${max}, not ${value}`);
  };
  range('windowMs', MIN_WINDOW_MS, MAX_MS);
  range('minimumRequests', 1, 1e9, true);
  range('errorRatio', 0, 1);
  range('consecutiveFailures', 1, 1e9, true);
  range('openMs', 0, MAX_MS);
  range('maxOpenMs', settings.openMs, MAX_MS);
  range('halfOpenTrials', 1, MAX_TRIALS, true);
  range('halfOpenSuccesses', 1, MAX_TRIALS, true);
  range('forgetMs', 0, MAX_MS);
}

const MAX_MS = 86_400_000;

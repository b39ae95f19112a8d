/**
 * Circuit breaker as a state machine on one packed word. Every transition is a pure function from word to word, so that
 * threads can share a breaker by compare-and-swap; if nothing changes, the same word is returned and the swap can be
 * skipped. When to trip is decided elsewhere: see `shouldTrip` and failure-window.ts. Source of the pattern: M. Nygard,
 * Release It! (2007).
 *
 * Layout: bits 0–1 state, 2–5 trips, 6–9 trials in flight, 10–13 trial successes, 14–30 generation. Bit 31 stays 0, so
 * a word is a valid Int32 and never negative. Every change of state begins a new generation (which wraps). An outcome
 * carries the generation of its request, and is ignored if that generation is over.
 *
 * Time is not in the word. An open circuit becomes half-open when a request asks after `openUntilMs`; the thread that
 * trips it stores now + {@link openMsFor} beside the word, and before the word, because an open circuit with an old
 * time would be due at once. A forced one has its own time, because a thread that is about to trip may write the other
 * one at any moment.
 */
import type { CircuitBreakerSettings } from './circuit-breaker-settings.ts';
import type { CircuitState } from './breaker-vocabulary.ts';
import { REFUSED } from '../../core/refused.ts';

export type { CircuitBreakerSettings };
export { REFUSED };

export const CLOSED = 0;
export const OPEN = 1;
export const HALF_OPEN = 2;
/**
 * Opened by an operator, until a time of its own: no outcome of a running request ends it, only time or {@link reset}.
 */
export const FORCED_OPEN = 3;

const MAX_COUNT = 15;
const GENERATIONS = 0x20000;

export function stateOf(word: number): number {
  return word & 3;
}

/** Trips not yet forgotten, 0..15; stays at 15. */
export function tripsOf(word: number): number {
  return (word >>> 2) & MAX_COUNT;
}

/** Trials in flight, 0..15; 0 unless half-open. */
export function trialsOf(word: number): number {
  return (word >>> 6) & MAX_COUNT;
}

/** Trials that succeeded in this half-open generation, 0..15. */
export function successesOf(word: number): number {
  return (word >>> 10) & MAX_COUNT;
}

/** 0..131071. */
export function generationOf(word: number): number {
  return word >>> 14;
}

export function stateName(word: number): CircuitState {
  const state = stateOf(word);
  if (state === CLOSED) return 'closed';
  return state === HALF_OPEN ? 'half-open' : 'open';
}

function pack(state: number, trips: number, trials: number, successes: number, generation: number): number {
  const inRange = generation % GENERATIONS;
  return state | (Math.min(trips, MAX_COUNT) << 2) | (trials << 6) | (successes << 10) | (inRange << 14);
}

/** A word for the next generation, with all counters at zero. */
function enter(word: number, state: number, trips: number, trials = 0): number {
  return pack(state, trips, trials, 0, generationOf(word) + 1);
}

/**
 * May a request go to this backend? The next word, or {@link REFUSED}. If the next word is half-open, the request is a
 * trial, and its end must be reported with `generationOf` that word by exactly one of the `onTrial…` functions.
 *
 * @param openUntilMs of the state: if it was forced open, the operator's time.
 */
export function admit(word: number, nowMs: number, openUntilMs: number, settings: CircuitBreakerSettings): number {
  switch (stateOf(word)) {
    case CLOSED:
      return word;
    case HALF_OPEN:
      return trialsOf(word) < Math.min(settings.halfOpenTrials, MAX_COUNT) ? word + (1 << 6) : REFUSED;
    default:
      return nowMs < openUntilMs ? REFUSED : enter(word, HALF_OPEN, tripsOf(word), 1);
  }
}

/** Whether {@link admit} would admit, without taking a trial. */
export function wouldAdmit(
  word: number,
  nowMs: number,
  openUntilMs: number,
  settings: CircuitBreakerSettings,
): boolean {
  return admit(word, nowMs, openUntilMs, settings) !== REFUSED;
}

function isTrialOf(word: number, generation: number): boolean {
  return stateOf(word) === HALF_OPEN && generationOf(word) === generation && trialsOf(word) > 0;
}

/** A trial succeeded: closes once there are enough. Trips are kept until {@link forgetTrips}. */
export function onTrialSuccess(word: number, generation: number, settings: CircuitBreakerSettings): number {
  if (!isTrialOf(word, generation)) return word;
  const successes = successesOf(word) + 1;
  if (successes >= Math.min(settings.halfOpenSuccesses, MAX_COUNT)) return enter(word, CLOSED, tripsOf(word));
  return word - (1 << 6) + (1 << 10);
}

/** A trial failed: open again, for longer. */
export function onTrialFailure(word: number, generation: number): number {
  return isTrialOf(word, generation) ? enter(word, OPEN, tripsOf(word) + 1) : word;
}

/** A trial ended without a verdict (the client left, the thread died): it is free again. */
export function onTrialReleased(word: number, generation: number): number {
  return isTrialOf(word, generation) ? word - (1 << 6) : word;
}

/** Closed becomes open. If several threads see the same failures, only one trips. */
export function trip(word: number): number {
  return stateOf(word) === CLOSED ? enter(word, OPEN, tripsOf(word) + 1) : word;
}

/** Open becomes half-open early, with no trial in flight. Not if an operator opened it. */
export function halfOpen(word: number): number {
  return stateOf(word) === OPEN ? enter(word, HALF_OPEN, tripsOf(word)) : word;
}

/** Forced open by an operator, whatever its state; if it is already, with a new time. Trips are kept. */
export function forceOpen(word: number): number {
  return enter(word, FORCED_OPEN, tripsOf(word));
}

/** Closed without history, whatever its state was. */
export function reset(word: number): number {
  return stateOf(word) === CLOSED && tripsOf(word) === 0 ? word : enter(word, CLOSED, 0);
}

/** To be called when it has been closed for `forgetMs`. In-flight requests keep their generation. */
export function forgetTrips(word: number): number {
  return stateOf(word) === CLOSED ? pack(CLOSED, 0, 0, 0, generationOf(word)) : word;
}

/**
 * How long to stay open, ms: `openMs` at the first trip, doubled by each further one up to `maxOpenMs`, then ±10 %
 * so that breakers that tripped together do not all try again together (at the cap too: up to 1.1 × `maxOpenMs`).
 *
 * @param trips `tripsOf` the word after the trip, 1..15
 */
export function openMsFor(trips: number, settings: CircuitBreakerSettings, random01: number): number {
  const raw = Math.min(settings.openMs * 2 ** Math.max(0, trips - 1), settings.maxOpenMs);
  return raw * (0.9 + 0.2 * random01);
}

/** Are there enough failures to trip? In a row, or as a share of a window with enough requests. */
export function shouldTrip(
  windowRequests: number,
  windowFailures: number,
  consecutiveFailures: number,
  settings: CircuitBreakerSettings,
): boolean {
  if (consecutiveFailures >= settings.consecutiveFailures) return true;
  if (windowRequests < settings.minimumRequests || windowFailures === 0) return false;
  return windowFailures >= settings.errorRatio * windowRequests;
}

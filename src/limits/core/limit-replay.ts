/**
 * What a limit would have made of the demand that was recorded, with the same arithmetic as the limiter's.
 *
 * The record has counts by the second, so nothing is known of when in a second its requests came. A replay assumes one
 * of two extremes: `even`, spread over the second (in tenths, so that an hour takes milliseconds), or `at_once`, all at
 * its beginning. At once is nearly the worst for a client; only requests at the end of one second together with those
 * at the beginning of the next are worse. Requests of one second all cost their average.
 */
import type { ClientDemand } from './demand-history.ts';
import type { Timing } from './limits-vocabulary.ts';
import { RATE } from './limits-vocabulary.ts';
import { SlidingWindow } from './sliding-window.ts';
import { MAX_FILL_SECONDS, REFUSED, takeTokens, tokensAt, waitMs } from './token-bucket.ts';

/** A token bucket or, with `windowMs` above 0, a sliding window. */
export interface ReplayedLimit {
  readonly capacity: number;
  readonly ratePerSecond: number;
  readonly windowMs: number;
}

/** Requests that arrive at the same moment. */
export interface Arrival {
  readonly atMs: number;
  readonly count: number;
  /** Tokens each; need not be whole. */
  readonly cost: number;
}

export interface Replay {
  readonly refused: number;
  /** The longest that a refused client would have been asked to wait; Infinity: its cost is above the capacity. */
  readonly longestWaitMs: number;
  /** The 60 seconds with the most refusals; null: there was none. */
  readonly worstMinute: { readonly startMs: number; readonly refused: number } | null;
}

interface ReplayedState {
  /** Tokens left, fractions included. */
  left(atMs: number): number;
  /** False: there are too few, and nothing is taken. */
  take(cost: number, atMs: number): boolean;
  waitMs(cost: number, atMs: number): number;
}

const PARTS = 10;
const MINUTE_MS = 60_000;

export function arrivals({ seconds, requests, tokens }: ClientDemand, timing: Timing): Arrival[] {
  const all: Arrival[] = [];
  for (const [index, second] of seconds.entries()) {
    const count = requests[index]!;
    const cost = tokens[index]! / count;
    if (timing === 'at_once') {
      all.push({ atMs: second * 1000, count, cost });
      continue;
    }
    let before = 0;
    for (let part = 0; part < PARTS; part += 1) {
      const upTo = Math.ceil(((part + 1) * count) / PARTS);
      if (upTo > before) all.push({ atMs: second * 1000 + part * (1000 / PARTS), count: upTo - before, cost });
      before = upTo;
    }
  }
  return all;
}

/** The limit is unused at first. */
export function replay(all: readonly Arrival[], limit: ReplayedLimit): Replay {
  const state = limit.windowMs > 0 ? windowState(limit) : bucketState(limit);
  const refusals: { readonly atMs: number; readonly refused: number }[] = [];
  let refused = 0;
  let longestWaitMs = 0;
  for (const arrival of all) {
    const { atMs, cost } = arrival;
    const more = arrival.count - admitted(state, arrival);
    if (more === 0) continue;
    refused += more;
    refusals.push({ atMs, refused: more });
    longestWaitMs = Math.max(longestWaitMs, state.waitMs(cost, atMs));
  }
  return { refused, longestWaitMs, worstMinute: worstMinute(refusals) };
}

/** The smallest whole capacity that refuses nobody, at the rate or in the window of `limit`. */
export function smallestCapacity(all: readonly Arrival[], limit: ReplayedLimit): number {
  const need = limit.windowMs > 0 ? mostInWindow(all, limit.windowMs) : mostMissing(all, limit.ratePerSecond);
  return Math.max(1, Math.ceil(need - 1e-6));
}

/**
 * The smallest rate at which a bucket of this capacity refuses nobody, rounded up to three digits. 0: any rate does;
 * null: no rate does.
 *
 * @param least the result is this at least
 */
export function smallestRate(all: readonly Arrival[], capacity: number, least = 0): number | null {
  const isEnough = (rate: number): boolean => mostMissing(all, rate, capacity) <= capacity;
  if (least > 0 && isEnough(least)) return least;
  if (!isEnough(RATE.maximum)) return null;
  let [low, high]: [number, number] = [capacity / MAX_FILL_SECONDS, RATE.maximum];
  if (isEnough(low)) return 0;
  while (high / low > 1.0001) {
    const middle = Math.sqrt(low * high);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  const step = 10 ** (Math.floor(Math.log10(low)) - 2);
  const lower = Number((Math.floor(low / step) * step).toPrecision(3));
  // The search may have stopped a little above a number of three digits that is enough.
  const digits = [lower, lower + step, lower + 2 * step].map((rate) => Number(rate.toPrecision(3)));
  return Math.max(least, digits.find(isEnough) ?? high);
}

/** The most tokens that are missing in a bucket that never refuses. @param enough where it may stop */
function mostMissing(all: readonly Arrival[], ratePerSecond: number, enough = Infinity): number {
  let missing = 0;
  let most = 0;
  let beforeMs = 0;
  for (const { atMs, count, cost } of all) {
    missing = Math.max(0, missing - ((atMs - beforeMs) / 1000) * ratePerSecond) + count * cost;
    beforeMs = atMs;
    if (missing > most) most = missing;
    if (most > enough) break;
  }
  return most;
}

function mostInWindow(all: readonly Arrival[], windowMs: number): number {
  const window = new SlidingWindow({ limit: Number.MAX_VALUE, windowMs });
  let most = 0;
  for (const { atMs, count, cost } of all) {
    window.take(count * cost, atMs);
    most = Math.max(most, window.used(atMs));
  }
  return most;
}

/** Takes as many as there is room for; returns their number. */
function admitted(state: ReplayedState, { atMs, count, cost }: Arrival): number {
  // One more than fit: a bucket has a little tolerance.
  let most = Math.min(count, Math.max(0, Math.floor(state.left(atMs) / cost)) + 1);
  while (most > 0 && !state.take(most * cost, atMs)) most -= 1;
  return most;
}

function bucketState({ capacity, ratePerSecond }: ReplayedLimit): ReplayedState {
  let tatMs = 0;
  return {
    left: (atMs) => tokensAt(tatMs, capacity, ratePerSecond, atMs),
    take: (cost, atMs) => {
      const next = takeTokens(tatMs, cost, capacity, ratePerSecond, atMs);
      if (next === REFUSED) return false;
      tatMs = next;
      return true;
    },
    waitMs: (cost, atMs) => waitMs(tatMs, cost, capacity, ratePerSecond, atMs),
  };
}

function windowState({ capacity, windowMs }: ReplayedLimit): ReplayedState {
  const window = new SlidingWindow({ limit: capacity, windowMs });
  return {
    left: (atMs) => capacity - window.used(atMs),
    take: (cost, atMs) => window.take(cost, atMs) === 0,
    waitMs: (cost, atMs) => window.waitMs(cost, atMs),
  };
}

function worstMinute(refusals: readonly { readonly atMs: number; readonly refused: number }[]): Replay['worstMinute'] {
  let worst: Replay['worstMinute'] = null;
  let first = 0;
  let refused = 0;
  for (const { atMs, refused: more } of refusals) {
    refused += more;
    for (; refusals[first]!.atMs <= atMs - MINUTE_MS; first += 1) refused -= refusals[first]!.refused;
    if (worst === null || refused > worst.refused) worst = { startMs: refusals[first]!.atMs, refused };
  }
  return worst;
}

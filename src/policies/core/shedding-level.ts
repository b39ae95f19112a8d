/**
 * Which priorities a thread refuses while it is overloaded: a level from 0 (none) to 9. Requests with a lower priority
 * than its whole part are refused; of those with just that priority, the share that its fraction says. Priority 9 is never
 * refused.
 *
 * Overload is a standing queue: the smallest delay of the event loop over an interval is above a target (CoDel: Nichols and
 * Jacobson, 2012; RFC 8289), while the loop is busy. A burst that the thread works off has a small delay in between, and
 * a thread that merely lost its core is not busy. The level rises with the excess, and falls slowly and only when the
 * delay is well below the target, so that it does not swing.
 */
import { MAX_PRIORITY } from './policies-vocabulary.ts';

/** A busy event loop does little else than work. */
const BUSY = 0.9;
/** Below this part of the target, the level falls; between it and the target, it stays. */
const CALM = 0.5;
/** Most that the level rises in an interval. */
const MOST_RISE = 2;
/** What it rises when the delay is twice the target. */
const RISE = 1;
const FALL = 0.5;

export interface SheddingSettings {
  /** Delay of the event loop that counts as overload, ms. */
  readonly targetDelayMs: number;
  /** How long it must last, in samples. */
  readonly samples: number;
}

export class SheddingLevel {
  level = 0;
  readonly #targetMs: number;
  readonly #samples: number;
  #seen = 0;
  #leastMs = Infinity;
  #busySum = 0;

  constructor({ targetDelayMs, samples }: SheddingSettings) {
    if (!(targetDelayMs > 0)) throw new RangeError(`targetDelayMs: found ${targetDelayMs}; allowed: above 0`);
    if (!(samples >= 1)) throw new RangeError(`samples: found ${samples}; allowed: 1 or more`);
    this.#targetMs = targetDelayMs;
    this.#samples = samples;
  }

  /** @param delayMs how late the event loop was. @param utilization of it since the last sample, 0..1 */
  sample(delayMs: number, utilization: number): void {
    this.#leastMs = Math.min(this.#leastMs, delayMs);
    this.#busySum += utilization;
    this.#seen += 1;
    if (this.#seen < this.#samples) return;
    this.#judge(this.#leastMs / this.#targetMs, this.#busySum / this.#seen);
    this.#seen = 0;
    this.#leastMs = Infinity;
    this.#busySum = 0;
  }

  /** @param excess delay as a multiple of the target */
  #judge(excess: number, busy: number): void {
    if (excess > 1 && busy >= BUSY) this.level += Math.min(MOST_RISE, RISE * (excess - 1) + FALL);
    else if (excess < CALM || busy < BUSY) this.level -= FALL;
    this.level = Math.min(MAX_PRIORITY, Math.max(0, this.level));
  }
}

/** @param chance 0 ≤ chance < 1, random */
export function isShed(priority: number, level: number, chance: number): boolean {
  const whole = Math.floor(level);
  return priority < whole || (priority === whole && chance < level - whole);
}

/**
 * The level for a pool by how full it is.
 *
 * @param fill requests that run and wait, as part of all that may, 0..1. @param from where shedding begins, 0..1
 */
export function levelOfFill(fill: number, from: number): number {
  if (fill < from) return 0;
  return from >= 1 ? MAX_PRIORITY : Math.min(1, (fill - from) / (1 - from)) * MAX_PRIORITY;
}

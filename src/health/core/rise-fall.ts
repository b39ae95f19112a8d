/** Unknown: no probe has completed yet. */
export type ProbeVerdict = 'unknown' | 'up' | 'down';

/** Of a backend. Unchecked: it answers, but has no health endpoint, and nobody configured one. It gets requests. */
export type HealthVerdict = ProbeVerdict | 'unchecked';

export interface RiseFallSettings {
  /** Consecutive successes that bring a backend up. Default 2. */
  readonly rise: number;
  /** Consecutive failures that bring it down. Default 3. */
  readonly fall: number;
}

/**
 * Up or down, from a series of probes, with hysteresis: a single odd result changes nothing. While the state is
 * unknown, the first result decides at once, so that a start does not wait. Source: HAProxy's `rise` and `fall`.
 */
export class RiseFall {
  readonly #rise: number;
  readonly #fall: number;
  #state: ProbeVerdict = 'unknown';
  /** Consecutive results that contradict the state. */
  #against = 0;

  constructor({ rise, fall }: RiseFallSettings) {
    if (!(Number.isInteger(rise) && rise >= 1)) throw new RangeError(`rise must be a whole number from 1, not ${rise}`);
    if (!(Number.isInteger(fall) && fall >= 1)) throw new RangeError(`fall must be a whole number from 1, not ${fall}`);
    this.#rise = rise;
    this.#fall = fall;
  }

  get state(): ProbeVerdict {
    return this.#state;
  }

  /** The last result contradicted the state, which has not changed yet: worth probing faster. */
  get isChanging(): boolean {
    return this.#against > 0;
  }

  /** The new state if this result changed it, else null. */
  record(isSuccess: boolean): 'up' | 'down' | null {
    const verdict = isSuccess ? 'up' : 'down';
    if (verdict === this.#state) {
      this.#against = 0;
      return null;
    }
    this.#against += 1;
    const needed = this.#state === 'unknown' ? 1 : isSuccess ? this.#rise : this.#fall;
    if (this.#against < needed) return null;
    this.#against = 0;
    this.#state = verdict;
    return verdict;
  }
}

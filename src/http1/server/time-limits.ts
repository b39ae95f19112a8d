/** The time limits of a client's connection. Which one applies depends on what the connection waits for. */

/** `work`: for answers, which have limits of their own. */
export type Phase = 'head' | 'body' | 'idle' | 'work';

export interface TimeLimitSettings {
  readonly headTimeoutMs: number;
  /** For a whole request with its body; 0: unlimited. */
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
}

export class TimeLimits {
  readonly #settings: TimeLimitSettings;
  #phase: Phase = 'head';
  /** NaN: since the last round. */
  #sinceMs = NaN;
  /** Of the last round. */
  #checkedMs = 0;

  constructor(settings: TimeLimitSettings) {
    this.#settings = settings;
  }

  get phase(): Phase {
    return this.#phase;
  }

  enter(phase: Phase): void {
    this.#phase = phase;
    this.#sinceMs = NaN;
  }

  /**
   * Called in regular rounds.
   *
   * @param isClientsTime false: the connection waits for something else, so the time since the last round does not count
   * @returns whether the limit is exceeded
   */
  check(nowMs: number, isClientsTime: boolean): boolean {
    if (Number.isNaN(this.#sinceMs)) this.#sinceMs = nowMs;
    else if (!isClientsTime) this.#sinceMs += nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    return isClientsTime && nowMs - this.#sinceMs >= this.#limitMs();
  }

  #limitMs(): number {
    const { headTimeoutMs, requestTimeoutMs, keepAliveMs } = this.#settings;
    switch (this.#phase) {
      case 'idle':
        return keepAliveMs;
      case 'head':
        return headTimeoutMs;
      case 'body':
        return requestTimeoutMs > 0 ? requestTimeoutMs : Infinity;
      default:
        return Infinity;
    }
  }
}

/**
 * Whether a thread has stalled, judged by checking its heartbeat in rounds.
 *
 * Silence is counted in rounds of the checking thread, each as two intervals at most: if the whole process was stopped
 * (SIGSTOP, a sleeping laptop, a starved machine), the checking thread stood still as well, and that time counts
 * against nobody.
 */

/** Running: it beats. Stuck: silent for `stuckMs`. Lost: silent for `lostMs`, to be replaced. */
export type Pulse = 'running' | 'stuck' | 'lost';

export interface PulseSettings {
  /** Between two checks. */
  readonly intervalMs: number;
  /** Default in the supervisor: 2 s. */
  readonly stuckMs: number;
  /** Default in the supervisor: 10 s. */
  readonly lostMs: number;
}

export class ThreadPulse {
  readonly #settings: PulseSettings;
  #beat = -1;
  #lookedAtMs = 0;
  #silentMs = 0;

  constructor(settings: PulseSettings) {
    const { intervalMs, stuckMs, lostMs } = settings;
    if (!(intervalMs > 0 && stuckMs > intervalMs && lostMs > stuckMs)) {
      throw new RangeError(`must be 0 < interval < stuck < lost, not ${intervalMs}, ${stuckMs}, ${lostMs} ms`);
    }
    this.#settings = settings;
  }

  /** How long it has been silent, ms. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** @param beat the number of its beats so far */
  look(beat: number, nowMs: number): Pulse {
    const { intervalMs, stuckMs, lostMs } = this.#settings;
    if (beat !== this.#beat) this.#silentMs = 0;
    else this.#silentMs += Math.min(Math.max(0, nowMs - this.#lookedAtMs), intervalMs * 2);
    this.#beat = beat;
    this.#lookedAtMs = nowMs;
    return this.#silentMs >= lostMs ? 'lost' : this.#silentMs >= stuckMs ? 'stuck' : 'running';
  }
}

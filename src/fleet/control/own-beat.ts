/** What this gateway says about itself. Other parts of the control thread tell it what they know. */
import { round } from '../../core/round.ts';
import type { LimitMode } from '../core/fleet-vocabulary.ts';
import type { Beat, GatewayFigures } from '../core/membership.ts';

/** Since start. */
export interface RequestTotals {
  readonly requests: number;
  /** By a rate limit. */
  readonly refused: number;
}

export type LimitState = Pick<GatewayFigures, 'limitMode' | 'limitModeSeconds'>;

export interface OwnBeatPorts extends Pick<Beat, 'id' | 'name' | 'version'> {
  readonly threads: number;
  /** Until {@link OwnBeat.limitsBy}. */
  readonly limitMode: LimitMode;
  /** Empty: not known yet. */
  readonly configDigest: () => string;
  readonly nowMs: () => number;
}

const NOTHING: RequestTotals = { requests: 0, refused: 0 };

export class OwnBeat {
  readonly #ports: OwnBeatPorts;
  readonly #startMs: number;
  #totals = (): RequestTotals => NOTHING;
  #limitState: () => LimitState;
  #adminUrl = (): string | null => null;
  #last: { readonly totals: RequestTotals; readonly atMs: number };
  #rates = { requestsPerSecond: 0, refusedPerSecond: 0 };

  constructor(ports: OwnBeatPorts) {
    this.#ports = ports;
    this.#limitState = () => ({ limitMode: ports.limitMode, limitModeSeconds: null });
    this.#startMs = ports.nowMs();
    this.#last = { totals: NOTHING, atMs: this.#startMs };
  }

  countBy(totals: () => RequestTotals): void {
    this.#totals = totals;
  }

  limitsBy(state: () => LimitState): void {
    this.#limitState = state;
  }

  /** @param url null: it does not listen yet. */
  listensAt(url: () => string | null): void {
    this.#adminUrl = url;
  }

  /** Rates are those between the last two calls. Before each beat. */
  measure(): void {
    const atMs = this.#ports.nowMs();
    const totals = this.#totals();
    const seconds = (atMs - this.#last.atMs) / 1000;
    if (seconds <= 0) return;
    const rate = (name: keyof RequestTotals): number =>
      round(Math.max(0, totals[name] - this.#last.totals[name]) / seconds);
    this.#rates = { requestsPerSecond: rate('requests'), refusedPerSecond: rate('refused') };
    this.#last = { totals, atMs };
  }

  now(): Beat {
    const { id, name, version, threads, configDigest, nowMs } = this.#ports;
    return {
      id,
      name,
      version,
      configDigest: configDigest(),
      adminUrl: this.#adminUrl(),
      uptimeSeconds: (nowMs() - this.#startMs) / 1000,
      figures: { ...this.#rates, threads, ...this.#limitState() },
    };
  }
}

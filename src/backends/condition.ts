/**
 * The condition of a backend, for operators: its state with the reason, and the effect of slow start and adaptation on
 * its weight.
 */
import type { HealthState } from './core/backends-vocabulary.ts';

export interface AdaptiveReport {
  /** Mean time to first byte when it was last judged, ms; null: not known. */
  readonly latencyMs: number | null;
  /** What it was compared with, ms; null: nothing. */
  readonly targetLatencyMs: number | null;
  /** 0..1. */
  readonly errorRate: number;
  /** Requests that it was judged by, or that have accumulated so far. */
  readonly samples: number;
  /** Factor of its configured weight. */
  readonly share: number;
  /** Why it was not judged in the last interval: `12 of 20 samples`; null: it was. */
  readonly waiting: string | null;
}

export interface BackendCondition {
  readonly state: HealthState;
  readonly stateReason: string | null;
  /** Milliseconds since the epoch. */
  readonly stateSince: number;
  /** `endsAt`: milliseconds since the epoch. */
  readonly slowStart: { readonly share: number; readonly endsAt: number } | null;
  readonly adaptive: AdaptiveReport | null;
}

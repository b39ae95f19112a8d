/** How this gateway shares its limits with others. The control thread implements it. */
import type { DecisionPath, SharedMode } from '../core/limits-vocabulary.ts';

export interface SharingReport {
  /** Of the thread that is worst off. */
  readonly mode: SharedMode;
  /** Since when, ms since 1970; null: since the start. */
  readonly since: number | null;
  /** That share the limits, this one included. */
  readonly gateways: number;
  /** Round trip to Redis, average of the slowest thread. */
  readonly rttMs: number;
  /** Shared limits in use at this moment. */
  readonly limits: number;
  /** Since the start. */
  readonly waitedMs: number;
  readonly decisions: Readonly<Record<DecisionPath, number>>;
}

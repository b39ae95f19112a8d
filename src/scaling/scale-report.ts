/** How many replicas are wanted, for operators and autoscalers. */
import type { Advice, ReplicaBounds, ReplicaCount } from './core/replica-advice.ts';

export interface TargetReport extends Advice, ReplicaCount, ReplicaBounds {
  /** Of the pool; of the gateways: empty. */
  readonly name: string;
}

export interface ScaleReport {
  /** When it was last judged, milliseconds since the epoch. */
  readonly at: number;
  /** Live gateways; a pool's traffic is that of all of them. */
  readonly gateways: number;
  /** Null: `fleet.scale` is missing. */
  readonly gateway: TargetReport | null;
  /** Those with `scale`, in the order of the configuration. */
  readonly pools: readonly TargetReport[];
}

/** control/ implements it. */
export interface Scaling {
  report(): ScaleReport;
}

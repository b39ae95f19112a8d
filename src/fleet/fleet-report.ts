/** The fleet as this gateway knows it, for operators. */
import type { FleetSource } from './core/fleet-vocabulary.ts';
import type { Membership } from './core/membership.ts';

/** This gateway among others. control/ implements it. */
export interface Fleet {
  /** Of this gateway. */
  readonly name: string;
  /** True: work that one gateway does for all is this one's. */
  readonly isLeader: boolean;
  report(): FleetReport;
}

export interface FleetReport extends Membership {
  /** Of this gateway. */
  readonly name: string;
  readonly ownId: string;
  readonly source: FleetSource;
  /** When it was last known for sure, milliseconds since the epoch; null: never. */
  readonly asOf: number | null;
}

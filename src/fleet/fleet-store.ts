/** The port to where gateways leave their beats, and the leases of work that one of them does for all. */
import type { Beat, SeenBeat } from './core/membership.ts';

/** Every method rejects with GW_DATABASE_UNAVAILABLE when the database is away. */
export interface FleetStore {
  /** The first one joins; the others are notified at once. */
  beat(beat: Beat): Promise<void>;
  /** The others are notified at once. */
  leave(id: string): Promise<void>;
  list(): Promise<readonly SeenBeat[]>;
  /** Removes gateways that were not seen for this long. Resolves to their number. */
  prune(seconds: number): Promise<number>;
  /** True: the lease is the owner's for this long from now. False: another one has it. */
  claim(lease: string, owner: string, seconds: number): Promise<boolean>;
  release(lease: string, owner: string): Promise<void>;
}

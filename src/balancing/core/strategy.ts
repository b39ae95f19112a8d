/** The interface of every balancing strategy. */
import type { Random } from '../../core/random.ts';

/** A backend that may get the request: already checked for health, circuit and drain. */
export interface Candidate {
  /** Slot of the backend in the shared tables: small, stable while the backend exists. */
  readonly index: number;
  /** Hash of the backend's id; equal on every gateway and after a restart. */
  readonly idHash: number;
  /** Effective weight, > 0. */
  readonly weight: number;
}

/** Assumed while no candidate has a sample. */
export const DEFAULT_LATENCY_MS = 30;

/** What is known about a backend's current load, by `Candidate.index`. */
export interface LoadView {
  /** In-flight requests, plus those that failed too soon and linger (lingering.ts). */
  inFlight(index: number): number;
  /** Average time to first byte of good answers, with a penalty for bad ones (judgement.ts), ms; NaN: unknown. */
  latencyMs(index: number): number;
}

/** Allocates nothing per pick. One instance belongs to one pool and thread. */
export interface Strategy {
  /**
   * Index in `candidates`, -1 if it is empty. The list may differ from call to call, in members and in order.
   *
   * @param keyHash the key for consistent hashing, 32 bits; others ignore it
   */
  pick(candidates: readonly Candidate[], keyHash: number): number;
}

export interface StrategyPorts {
  readonly random: Random;
  readonly load: LoadView;
  /** Counter shared by all threads, +1 per call, wraps at 2³², returned unsigned. */
  readonly nextTurn: () => number;
}

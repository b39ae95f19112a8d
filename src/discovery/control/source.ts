/**
 * A source lists the members of one pool: a protocol turned into lists and failures, nothing else. What follows from
 * them (holding, draining, debouncing) is decided in ../core/membership.ts.
 */
import type { Logger } from 'pino';
import type { Member } from '../core/member.ts';

export type SourceAnswer =
  /** The whole list. `refused`: entries that were left out, each named with the reason. */
  | { readonly kind: 'list'; readonly members: readonly Member[]; readonly refused: readonly string[] }
  /** No list could be had: the last one stands. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface SourcePorts {
  readonly report: (answer: SourceAnswer) => void;
  readonly nowMs: () => number;
  /** Runs the task later; the returned function cancels it. */
  readonly schedule: (task: () => void, ms: number) => () => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

export interface Source {
  /**
   * True: an empty list is meant (an orchestrator that knows its containers). False: an empty or much shorter list may
   * be a fault (DNS, a file), so members that still answer are held.
   */
  readonly isStrong: boolean;
  /** Asks at once, and goes on until {@link stop}; never throws, never ends by itself. */
  start(): void;
  stop(): void;
}

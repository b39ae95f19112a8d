/** A fault: how it is applied and lifted, and what is expected meanwhile. */
import type { Lab } from './chaos-lab.ts';
import type { Totals } from './chaos-tally.ts';

export interface Fault {
  readonly name: string;
  /** The expectation, for people. That no answer is a wrong one, and what `run-fault.ts` checks, must always hold. */
  readonly expects: string;
  /** Also in the short run. */
  readonly isShort: boolean;
  /** Maximum time until all is calm after it was lifted, ms. Default 10 s. */
  readonly backWithinMs?: number;
  /**
   * Applies it for `holdMs`, then lifts it. Throws {@link Skipped} if that is impossible here. Returns notes, and
   * failures beside the load's own requests.
   */
  run(lab: Lab, holdMs: number): Promise<Seen>;
  /** Unexpected results among the load's requests; empty if there were none. */
  judge(totals: Totals): readonly string[];
}

export interface Seen {
  readonly note: string;
  readonly broken: readonly string[];
}

export class Skipped extends Error {}

export function atMost(idempotent: number, other: number): Fault['judge'] {
  return ({ failedIdempotent, failedOther, refused }) => [
    ...(failedIdempotent > idempotent ? [`${failedIdempotent} GET failed, allowed ${idempotent}`] : []),
    ...(failedOther > other ? [`${failedOther} POST failed, allowed ${other}`] : []),
    ...(refused > 0 ? [`${refused} were refused with 429`] : []),
  ];
}

export const NOTHING_FAILS = atMost(0, 0);

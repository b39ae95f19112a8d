/** A fault: how it is applied and lifted, and what is expected meanwhile. */
import type { Lab } from './chaos-lab.ts';
import type { Totals } from './chaos-tally.ts';

export interface Fault {
  readonly name: string;
  /** What must hold, for people. That no answer is a wrong one, and what `run-fault.ts` checks, always must. */
  readonly expects: string;
  /** Also in the short run. */
  readonly isShort: boolean;
  /** Until all is calm after it was lifted, at most, ms. Default 10 s. */
  readonly backWithinMs?: number;
  /**
   * Applies it, holds it for `holdMs`, lifts it. Throws {@link Skipped} when that cannot be done here. Answers what is
   * worth saying, and what was broken beside the load's own requests.
   */
  run(lab: Lab, holdMs: number): Promise<Seen>;
  /** What of the load's requests was not as expected; empty when all was. */
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

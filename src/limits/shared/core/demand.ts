/** How much a thread is asked for, averaged. Pure: all times are ms. */

/** It is averaged over so much at least, and measured in parts of this length at most. */
const DEMAND_MS = 30;
const PART_MS = 20;

export class Demand {
  /** Tokens a ms, of the last measurement. */
  perMs = 0;
  /** Asked for since then. */
  arrived = 0;
  #sinceMs: number;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** @param overMs to average over, if it is long enough. */
  measure(overMs: number, nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs;
    if (passedMs < Math.min(overMs, PART_MS)) return;
    const weight = 1 - Math.exp(-passedMs / Math.max(DEMAND_MS, overMs));
    this.perMs += weight * (this.arrived / passedMs - this.perMs);
    this.arrived = 0;
    this.#sinceMs = nowMs;
  }
}

/**
 * One monotonic clock for all threads: milliseconds, fractions included, since the process's epoch.
 *
 * performance.now() starts at zero in every worker, so each thread adds its own offset to it; both it and
 * process.hrtime read CLOCK_MONOTONIC. A float64 of milliseconds still resolves 4 ns after a year.
 */
// Not the global: that is a getter of Node's, which was 2 % of a small GET.
import { performance } from 'node:perf_hooks';

export class SharedClock {
  readonly epochNs: bigint;
  readonly #offsetMs: number;
  readonly #epochWallMs: number;

  /** @param epochNs process.hrtime.bigint() of the control thread at start. */
  constructor(epochNs: bigint) {
    this.epochNs = epochNs;
    this.#offsetMs = offsetFrom(epochNs);
    this.#epochWallMs = Date.now() - this.nowMs();
  }

  /** An arrow function, so that it can be passed on as a plain function. */
  readonly nowMs = (): number => performance.now() + this.#offsetMs;

  /** The time of day, ms since 1970, as it is now: for what names times itself, such as the claims of a token. */
  readonly wallNowMs = (): number => Date.now();

  /** Converts to wall-clock time (ms since 1970), for display: it moves when the wall clock does. */
  wallMs(atMs: number): number {
    return Math.round(this.#epochWallMs + atMs);
  }
}

/** Number of readings: a thread may be interrupted for milliseconds between the two clocks. */
const READINGS = 16;

/** The offset of performance.now() to the time since the epoch, from the reading that was interrupted least. */
function offsetFrom(epochNs: bigint): number {
  let offsetMs = 0;
  let minMs = Infinity;
  for (let reading = 0; reading < READINGS; reading += 1) {
    const beforeMs = performance.now();
    const sinceEpochNs = process.hrtime.bigint() - epochNs;
    const afterMs = performance.now();
    if (afterMs - beforeMs >= minMs) continue;
    minMs = afterMs - beforeMs;
    offsetMs = Number(sinceEpochNs) / 1e6 - (beforeMs + afterMs) / 2;
  }
  return offsetMs;
}

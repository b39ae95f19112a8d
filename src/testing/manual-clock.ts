import { SharedClock } from '../runtime/shared-clock.ts';

/** A clock that a test moves. */
export class ManualClock extends SharedClock {
  readonly #startWallMs: number;
  #nowMs = 0;

  /** @param wallMs the time of day when it is made, ms since 1970 */
  constructor(wallMs: number) {
    super(process.hrtime.bigint());
    this.#startWallMs = wallMs;
  }

  override readonly nowMs = (): number => this.#nowMs;

  override readonly wallNowMs = (): number => this.wallMs(this.#nowMs);

  override wallMs(atMs: number): number {
    return this.#startWallMs + atMs;
  }

  /** Only forwards. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`found ${ms}; allowed: 0 or more milliseconds`);
    this.#nowMs += ms;
  }
}

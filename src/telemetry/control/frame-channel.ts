import type { LatestFrame } from './latest-frame.ts';

/** Everyone who wants the same interval shares one sample: it is made and serialised once a round, or not at all. */
export class FrameChannel {
  readonly members = new Set<LatestFrame>();
  readonly #sample: () => string;

  /** `sample` makes and serialises a frame. */
  constructor(sample: () => string) {
    this.#sample = sample;
  }

  /** `nowMs`: the clock of the members. */
  round(nowMs: number): void {
    if (this.members.size === 0) return;
    const frame = this.#sample();
    for (const member of this.members) member.offer(frame, nowMs);
  }
}

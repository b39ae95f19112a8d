import type { LatestFrame } from './latest-frame.ts';

/** All clients with the same interval share one sample: it is built and serialized once a round, or not at all. */
export class FrameChannel {
  readonly members = new Set<LatestFrame>();
  readonly #sample: () => string;

  /** `sample` builds and serializes a frame. */
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

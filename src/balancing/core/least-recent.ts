import type { Candidate, Strategy } from './strategy.ts';

/**
 * The least recently picked; never-picked ones first. For lists that differ from pick to pick, where a turn modulo the
 * length of the list would favour the successor of a skipped entry.
 */
export class LeastRecent implements Strategy {
  /** When each was last picked, by `Candidate.index`; grows when a new slot is seen. */
  readonly #pickedAt: number[] = [];
  #turn = 0;

  pick(candidates: readonly Candidate[]): number {
    const pickedAt = this.#pickedAt;
    let picked = -1;
    let earliest = Infinity;
    for (let at = 0; at < candidates.length; at += 1) {
      const { index } = candidates[at]!;
      while (pickedAt.length <= index) pickedAt.push(0);
      if (pickedAt[index]! >= earliest) continue;
      earliest = pickedAt[index]!;
      picked = at;
    }
    if (picked !== -1) pickedAt[candidates[picked]!.index] = this.#turn += 1;
    return picked;
  }
}

import type { Candidate, Strategy } from './strategy.ts';

/**
 * The one that was picked longest ago; the first of those that never were. For lists that differ from pick to pick,
 * where a turn modulo the length of the list would favour whoever follows the one that is left out.
 */
export class LeastRecent implements Strategy {
  /** When each was picked last, by `Candidate.index`; grows when a new slot is seen. */
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

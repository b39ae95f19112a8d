import { mix32 } from '../../core/hash.ts';
import type { Candidate, Strategy } from './strategy.ts';

/**
 * Weighted rendezvous hashing: key and backend are hashed together to u in (0, 1), and the highest −weight / ln(u) wins.
 * A key keeps its backend while that is a candidate; a new backend takes its own share of the keys and moves no others;
 * a changed weight moves only the difference. Nothing is stored, and the order of the list does not matter.
 * Sources: D. Thaler, C. Ravishankar, "A Name-Based Mapping Scheme for Rendezvous" (1996); J. Resch, "New Hashing
 * Algorithms for Data Storage" (SDC 2015), for the weights.
 */
export class ConsistentHash implements Strategy {
  pick(candidates: readonly Candidate[], keyHash: number): number {
    // Mixed separately first, so that related ids and keys do not cancel out.
    const key = mix32(keyHash);
    let picked = -1;
    let pickedHash = -1;
    let pickedWeight = 0;
    let min = Infinity;
    for (let at = 0; at < candidates.length; at += 1) {
      const { idHash, weight } = candidates[at]!;
      const hash = mix32(key ^ idHash);
      // Neither luckier nor heavier than the best so far: it cannot win, and the logarithm is expensive.
      if (hash <= pickedHash && weight <= pickedWeight) continue;
      // The reciprocal of the score: an exponentially distributed time at rate `weight`; the earliest wins.
      const time = -Math.log((hash + 0.5) / 0x100000000) / weight;
      if (time >= min) continue;
      min = time;
      picked = at;
      pickedHash = hash;
      pickedWeight = weight;
    }
    return picked;
  }
}

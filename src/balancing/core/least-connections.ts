import type { Random } from '../../core/random.ts';
import type { Candidate, LoadView, Strategy, StrategyPorts } from './strategy.ts';

/**
 * The fewest in-flight requests per weight. Ties are drawn by weight: always taking the first would send every request
 * of a quiet gateway to one backend, and starting the search at a random index favours the one after a gap.
 */
export class LeastConnections implements Strategy {
  readonly #random: Random;
  readonly #load: LoadView;

  constructor({ random, load }: Pick<StrategyPorts, 'random' | 'load'>) {
    this.#random = random;
    this.#load = load;
  }

  pick(candidates: readonly Candidate[]): number {
    let min = Infinity;
    let picked = -1;
    let tiedWeight = 0;
    for (let at = 0; at < candidates.length; at += 1) {
      const { index, weight } = candidates[at]!;
      const load = this.#load.inFlight(index) / weight;
      if (load < min) {
        min = load;
        picked = at;
        tiedWeight = weight;
      } else if (load === min) {
        tiedWeight += weight;
      }
    }
    return picked === -1 || tiedWeight === candidates[picked]!.weight
      ? picked
      : this.#drawTied(candidates, min, tiedWeight, picked);
  }

  /** Other threads may have changed the loads in the meantime: if the draw runs out of ties, use the last one seen. */
  #drawTied(candidates: readonly Candidate[], min: number, tiedWeight: number, first: number): number {
    let left = this.#random() * tiedWeight;
    let picked = first;
    for (let at = first; at < candidates.length; at += 1) {
      const { index, weight } = candidates[at]!;
      if (this.#load.inFlight(index) / weight !== min) continue;
      picked = at;
      left -= weight;
      if (left < 0) break;
    }
    return picked;
  }
}

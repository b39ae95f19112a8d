import type { Random } from '../../core/random.ts';
import type { Candidate, Strategy, StrategyPorts } from './strategy.ts';

/** At random, in proportion to weight. */
export class WeightedRandom implements Strategy {
  readonly #random: Random;

  constructor({ random }: Pick<StrategyPorts, 'random'>) {
    this.#random = random;
  }

  pick(candidates: readonly Candidate[]): number {
    const last = candidates.length - 1;
    if (last < 1) return last;
    const firstWeight = candidates[0]!.weight;
    let total = 0;
    let isEven = true;
    for (let at = 0; at <= last; at += 1) {
      const { weight } = candidates[at]!;
      total += weight;
      isEven &&= weight === firstWeight;
    }
    const draw = this.#random();
    if (isEven) return Math.floor(draw * candidates.length);
    let left = draw * total;
    for (let at = 0; at < last; at += 1) {
      left -= candidates[at]!.weight;
      if (left < 0) return at;
    }
    return last;
  }
}

import type { Candidate, Strategy, StrategyPorts } from './strategy.ts';

/** In turn, ignoring weights. The turn is shared by all threads, so few requests on many threads spread evenly too. */
export class RoundRobin implements Strategy {
  readonly #nextTurn: () => number;

  constructor({ nextTurn }: Pick<StrategyPorts, 'nextTurn'>) {
    this.#nextTurn = nextTurn;
  }

  pick(candidates: readonly Candidate[]): number {
    return candidates.length === 0 ? -1 : this.#nextTurn() % candidates.length;
  }
}

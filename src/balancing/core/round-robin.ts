import type { Candidate, Strategy, StrategyPorts } from './strategy.ts';

/** In turn, ignoring weights. All threads share the turn, so even few requests on many threads are spread evenly. */
export class RoundRobin implements Strategy {
  readonly #nextTurn: () => number;

  constructor({ nextTurn }: Pick<StrategyPorts, 'nextTurn'>) {
    this.#nextTurn = nextTurn;
  }

  pick(candidates: readonly Candidate[]): number {
    return candidates.length === 0 ? -1 : this.#nextTurn() % candidates.length;
  }
}

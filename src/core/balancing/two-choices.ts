import type { Random } from '../random.ts';
import type { Candidate, LoadView, Strategy, StrategyPorts } from './strategy.ts';

/** Assumed while no candidate has a sample. */
const DEFAULT_LATENCY_MS = 30;

/** Faster than this counts as this: a backend measured at 0 would cost nothing and get everything. */
const MIN_LATENCY_MS = 0.1;

/**
 * The better of two drawn at random, by latency × (requests in flight + 1) / weight. Nearly as even as asking all, and
 * without the herd: the backend that looks best is not everybody's choice at once. Sources: M. Mitzenmacher, "The Power
 * of Two Choices in Randomized Load Balancing" (2001); Finagle's P2C with latency EWMA.
 *
 * Weights act by cost, not by how often a backend is drawn: its share is at most 2/n, and an idle pool prefers the heavier of
 * the two. A candidate without a sample counts as the mean of the others, so it is neither flooded nor starved.
 */
export class TwoChoices implements Strategy {
  readonly #random: Random;
  readonly #load: LoadView;

  constructor({ random, load }: Pick<StrategyPorts, 'random' | 'load'>) {
    this.#random = random;
    this.#load = load;
  }

  pick(candidates: readonly Candidate[]): number {
    const count = candidates.length;
    if (count < 2) return count - 1;
    const one = Math.floor(this.#random() * count);
    // Of the others: skip over the first. Moving on only when they collide would favour its neighbour.
    const draw = Math.floor(this.#random() * (count - 1));
    const other = draw < one ? draw : draw + 1;
    return this.#cost(candidates, other) < this.#cost(candidates, one) ? other : one;
  }

  #cost(candidates: readonly Candidate[], at: number): number {
    const { index, weight } = candidates[at]!;
    const measuredMs = this.#load.latencyMs(index);
    const latencyMs = Number.isNaN(measuredMs) ? this.#meanLatencyMs(candidates) : measuredMs;
    return (Math.max(latencyMs, MIN_LATENCY_MS) * (this.#load.inFlight(index) + 1)) / weight;
  }

  #meanLatencyMs(candidates: readonly Candidate[]): number {
    let sumMs = 0;
    let samples = 0;
    for (let at = 0; at < candidates.length; at += 1) {
      const latencyMs = this.#load.latencyMs(candidates[at]!.index);
      if (Number.isNaN(latencyMs)) continue;
      sumMs += latencyMs;
      samples += 1;
    }
    return samples === 0 ? DEFAULT_LATENCY_MS : sumMs / samples;
  }
}

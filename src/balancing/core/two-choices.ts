import type { Random } from '../../core/random.ts';
import { type Candidate, DEFAULT_LATENCY_MS, type LoadView, type Strategy, type StrategyPorts } from './strategy.ts';

/** Faster than this counts as this: a backend measured at 0 would cost nothing and get everything. */
const MIN_LATENCY_MS = 0.1;
/** The mean latency of fewer candidates than twice this is that of all. */
const MIN_SAMPLES = 16;

/**
 * The better of two drawn at random, by latency × (1 + in-flight requests per weight). Nearly as even as asking all,
 * and without herding: the backend that looks best is not everybody's choice at once. Sources: M. Mitzenmacher, "The
 * Power of Two Choices in Randomized Load Balancing" (2001); Finagle's P2C with latency EWMA.
 *
 * Weights act twice, and never starve the lighter one: they scale the cost of in-flight requests and, since that has no
 * effect in an idle pool, a lighter winner yields to the heavier loser with probability (heavier − lighter) / (heavier
 * + lighter). Of two equally good ones, the lighter thus gets lighter / (heavier + lighter), its share. A share is at
 * most 2/n. A candidate without a sample is given the mean of others, so it is neither flooded nor starved.
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
    // Of the others: skip over the first. Moving on only on a collision would favour its neighbour.
    const draw = Math.floor(this.#random() * (count - 1));
    const other = draw < one ? draw : draw + 1;
    const weight = candidates[one]!.weight;
    const otherWeight = candidates[other]!.weight;
    if (weight === otherWeight) {
      return this.#cost(candidates, other, 1) < this.#cost(candidates, one, 1) ? other : one;
    }
    const mean = (weight + otherWeight) / 2;
    const isOther = this.#cost(candidates, other, mean / otherWeight) < this.#cost(candidates, one, mean / weight);
    // Positive when the winner is the lighter one.
    const lead = isOther ? weight - otherWeight : otherWeight - weight;
    const yields = lead > 0 && this.#random() * (weight + otherWeight) < lead;
    return isOther === yields ? one : other;
  }

  /** @param inFlightCost the cost of one in-flight request: the pair's mean weight divided by its own */
  #cost(candidates: readonly Candidate[], at: number, inFlightCost: number): number {
    const { index } = candidates[at]!;
    const measuredMs = this.#load.latencyMs(index);
    const latencyMs = Number.isNaN(measuredMs) ? this.#meanLatencyMs(candidates, at) : measuredMs;
    return Math.max(latencyMs, MIN_LATENCY_MS) * (this.#load.inFlight(index) * inFlightCost + 1);
  }

  /** Of all, or of some that are evenly spread: a pick costs the same however many there are. */
  #meanLatencyMs(candidates: readonly Candidate[], from: number): number {
    const count = candidates.length;
    const step = Math.max(1, Math.floor(count / MIN_SAMPLES));
    let sumMs = 0;
    let samples = 0;
    for (let offset = 0; offset < count; offset += step) {
      const latencyMs = this.#load.latencyMs(candidates[(from + offset) % count]!.index);
      if (Number.isNaN(latencyMs)) continue;
      sumMs += latencyMs;
      samples += 1;
    }
    return samples === 0 ? DEFAULT_LATENCY_MS : sumMs / samples;
  }
}

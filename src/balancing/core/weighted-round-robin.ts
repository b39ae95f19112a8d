import type { Candidate, Strategy } from './strategy.ts';

/** Closer than this counts as equal: sums of fractions differ in their last bits. */
const TIE = 1e-9;

/**
 * Smooth weighted round-robin: weights 5, 1, 1 give a a b a c a a, not a a a a a b c. Source: nginx,
 * ngx_http_upstream_round_robin.c (2012): at every pick each candidate's credit grows by its weight; the highest is
 * picked and pays the total.
 *
 * Two things differ. Credit is counted in picks (a candidate earns weight / total, a pick costs 1), so that a backend
 * whose weight changes a thousandfold, in a slow start for example, is not served a thousand times too often or too
 * rarely. And it is kept per slot, so that it survives changes of the list. Ties go to the first.
 */
export class WeightedRoundRobin implements Strategy {
  /** By `Candidate.index`; grows when a new slot is seen. */
  readonly #credit: number[] = [];

  pick(candidates: readonly Candidate[]): number {
    const credit = this.#credit;
    let total = 0;
    for (let at = 0; at < candidates.length; at += 1) {
      const candidate = candidates[at]!;
      total += candidate.weight;
      while (credit.length <= candidate.index) credit.push(0);
    }
    let picked = -1;
    let highest = -Infinity;
    for (let at = 0; at < candidates.length; at += 1) {
      const { index, weight } = candidates[at]!;
      const earned = credit[index]! + weight / total;
      credit[index] = earned;
      if (earned > highest + TIE) {
        highest = earned;
        picked = at;
      }
    }
    if (picked !== -1) credit[candidates[picked]!.index] = highest - 1;
    return picked;
  }
}

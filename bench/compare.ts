/** Contestants under the same load, in alternating rounds, so that other activity on the machine affects all alike. */
import type { Contestant, Cost, Lab } from './lab.ts';
import type { LoadOptions } from './load.ts';
import { median } from './report.ts';
import type { Effort } from './scenario.ts';

const CONNECTIONS = 64;
/** Code is compiled during the warm-up, in Node and Caddy alike: the more code, the longer. */
export const WARM_UP_SECONDS = 10;
/** Before each round: the others' turns have evicted it from the caches. */
export const REWARM_SECONDS = 1;

/** The order of this round: it rotates, so that nobody always follows the same contestant. */
export function turns(contestants: number, round: number): number[] {
  return Array.from({ length: contestants }, (_, at) => (at + round) % contestants);
}

type Load = Partial<Omit<LoadOptions, 'core' | 'hasWrk'>>;

export interface Compared {
  /** Median of the rounds. */
  readonly cpuMicrosPerRequest: number;
  /** Median of the rounds. */
  readonly requestsPerSecond: number;
  /**
   * CPU, median over the rounds: a machine that is slow for some seconds affects both, or only a few rounds, which
   * separate medians would not show.
   */
  readonly toFirst: number;
}

/**
 * The cost of a request for each, in the order of the contestants.
 *
 * @param loads one for all, or one for each
 */
export async function compareCosts(
  lab: Lab,
  effort: Effort,
  contestants: readonly Contestant[],
  loads: Load | readonly Load[] = {},
): Promise<Compared[]> {
  const measure = (at: number, seconds: number): Promise<Cost> => {
    const own = Array.isArray(loads) ? (loads as readonly Load[])[at] : (loads as Load);
    return lab.measure(contestants[at]!, { connections: CONNECTIONS, ...own, seconds });
  };
  const costs: Cost[][] = contestants.map(() => []);
  for (const at of contestants.keys()) await measure(at, effort.isQuick ? effort.seconds : WARM_UP_SECONDS);
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const at of turns(contestants.length, round)) {
      await measure(at, REWARM_SECONDS);
      costs[at]!.push(await measure(at, effort.seconds));
    }
  }
  return compared(costs);
}

/** @param costs of each contestant, its rounds in order */
export function compared(
  costs: readonly (readonly Pick<Cost, 'cpuMicrosPerRequest' | 'requestsPerSecond'>[])[],
): Compared[] {
  const first = costs[0]!;
  return costs.map((rounds) => ({
    cpuMicrosPerRequest: median(rounds.map((cost) => cost.cpuMicrosPerRequest)),
    requestsPerSecond: median(rounds.map((cost) => cost.requestsPerSecond)),
    toFirst: median(rounds.map((cost, at) => cost.cpuMicrosPerRequest / first[at]!.cpuMicrosPerRequest)),
  }));
}

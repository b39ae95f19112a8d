/** Contestants under the same load, in alternating rounds, so that whatever else the machine does hits all alike. */
import type { Contestant, Cost, Lab } from './lab.ts';
import type { LoadOptions } from './load.ts';
import { median } from './report.ts';
import type { Effort } from './scenario.ts';

const CONNECTIONS = 64;
/** What is compiled while it runs, Node's and Caddy's alike, is measured when it is: the more code, the longer. */
export const WARM_UP_SECONDS = 10;
/** Before each round: the others' turns have pushed it out of the caches. */
export const REWARM_SECONDS = 1;

/** Everybody's place in this round: each begins once, so that nobody always follows the same one. */
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
   * CPU, median of what each round says: what slows the machine down for some seconds hits both, or a few rounds only,
   * which the medians of each by itself do not know.
   */
  readonly toFirst: number;
}

/**
 * What a request costs each, in the order of the contestants.
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

/** @param costs of each contestant, its rounds in their order */
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

/** Contestants under the same load, in alternating rounds, so that whatever else the machine does hits all alike. */
import type { Contestant, Cost, Lab } from './lab.ts';
import type { LoadOptions } from './load.ts';
import { median } from './report.ts';
import type { Effort } from './scenario.ts';

const CONNECTIONS = 64;

/** Medians of the rounds, in the order of the contestants. */
export async function compareCosts(
  lab: Lab,
  effort: Effort,
  contestants: readonly Contestant[],
  load: Partial<Omit<LoadOptions, 'core' | 'hasWrk'>> = {},
): Promise<Pick<Cost, 'cpuMicrosPerRequest' | 'requestsPerSecond'>[]> {
  const full = { seconds: effort.seconds, connections: CONNECTIONS, ...load };
  for (const contestant of contestants)
    await lab.measure(contestant, { ...full, seconds: Math.max(4, effort.seconds) });
  const costs: Cost[][] = contestants.map(() => []);
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const [at, contestant] of contestants.entries()) costs[at]!.push(await lab.measure(contestant, full));
  }
  return costs.map((rounds) => ({
    cpuMicrosPerRequest: median(rounds.map((cost) => cost.cpuMicrosPerRequest)),
    requestsPerSecond: median(rounds.map((cost) => cost.requestsPerSecond)),
  }));
}

/**
 * Two threads against one. On a machine of two cores the load generator and the backends take their share of both, so
 * requests per second mean little; the capacity of a thread is one second of CPU divided by the cost of a request.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { compareCosts } from '../compare.ts';
import { everythingOn, sluiceWith } from '../peers.ts';
import { ratioFinding, type Scenario } from '../scenario.ts';

export const threads: Scenario = {
  name: 'threads',
  run: async (lab, effort) => {
    const contestants = [
      await lab.require(sluiceWith('Sluice, 1 thread', everythingOn, 1), 'any'),
      await lab.require(sluiceWith('Sluice, 2 threads', everythingOn, 2), 'any'),
    ];
    const [one, two] = await compareCosts(lab, effort, contestants);
    const shares = threadShares(contestants[1]!.running.pid);
    for (const contestant of contestants) await lab.leave(contestant);
    // As many requests as two seconds of CPU pay for, if both threads were always busy; the busier one is busy first.
    const evenness = Math.min(...shares) / Math.max(...shares);
    const gain = (1 + evenness) / two!.toFirst;
    const seen = `${Math.round(one!.requestsPerSecond)}/s and ${Math.round(two!.requestsPerSecond)}/s, cores shared with load and backends`;
    return [ratioFinding(`2 threads: requests a CPU second of both (${seen})`, '1 thread', gain, 1.7, true)];
  },
};

/** CPU ticks of the two busiest threads of the process so far. */
function threadShares(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => {
      const text = readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return Number(fields[11]) + Number(fields[12]);
    })
    .sort((one, other) => other - one)
    .slice(0, 2);
}

/** Large answers: how many bytes a second of CPU moves. */
import { LARGE } from '../backend.ts';
import { compareCosts } from '../compare.ts';
import { CADDY, peerNamed, SLUICE } from '../peers.ts';
import { ratioFinding, type Finding, type Scenario } from '../scenario.ts';

export const largeAnswers: Scenario = {
  name: 'large-answers',
  run: async (lab, effort) => {
    const contestants = [await lab.require(peerNamed(CADDY)), await lab.require(peerNamed(SLUICE))];
    const findings: Finding[] = [];
    for (const [name, title, target] of [
      ['64k', '64 KiB', 1.5],
      ['1m', '1 MiB', 2],
    ] as const) {
      const [, sluice] = await compareCosts(lab, effort, contestants, { path: `/${name}`, connections: 16 });
      const mibPerSecond = LARGE[name] / 2 ** 20 / (sluice!.cpuMicrosPerRequest / 1e6);
      const work = `${title} answers: bytes a CPU second (${Math.round(mibPerSecond)} MiB)`;
      findings.push(ratioFinding(work, 'Caddy', 1 / sluice!.toFirst, target, true));
    }
    for (const contestant of contestants) await lab.leave(contestant);
    return findings;
  },
};

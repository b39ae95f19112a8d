/** What a request pays for traces: off, with a part of the requests recorded, and with all of them; a collector takes the spans. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { compareCosts } from '../compare.ts';
import type { Lab } from '../lab.ts';
import { sluiceWith } from '../peers.ts';
import { median } from '../report.ts';
import { type Effort, ratioFinding, type Scenario } from '../scenario.ts';

/** Share of requests, and the most that it may cost. */
const SAMPLES: readonly (readonly [what: string, sample: number, target: number])[] = [
  ['1 % of requests recorded', 0.01, 1.03],
  ['all requests recorded', 1, 1.6],
];

/** One start is one sample of how V8 has compiled the program, and two of the same program differ by as much as the first target. */
const STARTS = 3;

const UNLIMITED = { rate_limit: { default: { capacity: 1e9, rate_per_second: 1e6 } } };

export const tracing: Scenario = {
  name: 'tracing',
  run: async (lab, effort) => {
    // Not on the core that is measured.
    const collector = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    try {
      const ratios: (readonly number[])[] = [];
      for (let start = 0; start < STARTS; start += 1) ratios.push(await compareOnce(lab, effort, port));
      return SAMPLES.map(([what, , target], at) =>
        ratioFinding(`traces, ${what}: CPU`, 'off', median(ratios.map((each) => each[at]!)), target),
      );
    } finally {
      collector.closeAllConnections();
      collector.close();
    }
  },
};

/** Of each share, to no traces. */
async function compareOnce(lab: Lab, effort: Effort, collectorPort: number): Promise<readonly number[]> {
  const contestants = [await lab.require(sluiceWith('Sluice, no traces', UNLIMITED))];
  for (const [what, sample] of SAMPLES) {
    const telemetry = { traces: { endpoint: `http://127.0.0.1:${collectorPort}`, sample } };
    contestants.push(await lab.require(sluiceWith(`Sluice, ${what}`, { ...UNLIMITED, telemetry })));
  }
  const rounds = Math.ceil(effort.rounds / STARTS);
  const [, ...costs] = await compareCosts(lab, { ...effort, rounds }, contestants);
  for (const contestant of contestants) await lab.leave(contestant);
  return costs.map(({ toFirst }) => toFirst);
}

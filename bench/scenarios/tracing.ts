/** What a request pays for traces: off, with a part of the requests recorded, and with all of them; a collector takes the spans. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { compareCosts } from '../compare.ts';
import { sluiceWith } from '../peers.ts';
import { ratioFinding, type Scenario } from '../scenario.ts';

/** Share of requests, and the most that it may cost. */
const SAMPLES: readonly (readonly [what: string, sample: number, target: number])[] = [
  ['1 % of requests recorded', 0.01, 1.03],
  ['all requests recorded', 1, 1.6],
];

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
      const contestants = [await lab.require(sluiceWith('Sluice, no traces', UNLIMITED))];
      for (const [what, sample] of SAMPLES) {
        const telemetry = { traces: { endpoint: `http://127.0.0.1:${port}`, sample } };
        contestants.push(await lab.require(sluiceWith(`Sluice, ${what}`, { ...UNLIMITED, telemetry })));
      }
      const [, ...costs] = await compareCosts(lab, effort, contestants);
      for (const contestant of contestants) await lab.leave(contestant);
      return SAMPLES.map(([what, , target], at) =>
        ratioFinding(`traces, ${what}: CPU`, 'off', costs[at]!.toFirst, target),
      );
    } finally {
      collector.closeAllConnections();
      collector.close();
    }
  },
};

/** The cost of a refused request, compared with a bare Fastify route that answers the same. */
import { fileURLToPath } from 'node:url';
import { compareCosts } from '../compare.ts';
import { sluiceWith, type Peer } from '../peers.ts';
import { ratioFinding, type Scenario } from '../scenario.ts';

const bare: Peer = {
  name: 'a bare Fastify route',
  version: '',
  command: ({ port }) => [
    process.execPath,
    fileURLToPath(new URL('../peers/refusing-fastify.ts', import.meta.url)),
    String(port),
  ],
};
/** A token every quarter of an hour, and at the beginning one for the check that it runs. */
const never = sluiceWith('Sluice, refusing', { rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } } });

export const refused: Scenario = {
  name: 'refused',
  run: async (lab, effort) => {
    const contestants = [await lab.require(bare, lab.gatewayCore ?? 'any', 429), await lab.require(never)];
    const [, sluice] = await compareCosts(lab, effort, contestants, { isRefusalFine: true });
    for (const contestant of contestants) await lab.leave(contestant);
    return [ratioFinding('refused request (429): CPU', 'a bare Fastify route', sluice!.toFirst, 0.6)];
  },
};

/** A thousand backends and a thousand routes, beside three and one. All of 127.0.0.0/8 is this machine, on Linux. */
import { compareCosts } from '../compare.ts';
import { everythingOn, SLUICE, peerNamed, sluiceWith, type Place } from '../peers.ts';
import { ratioFinding, type Scenario } from '../scenario.ts';

const MANY = 1000;

const many = sluiceWith('Sluice, 1000 of each', ({ backends }: Place) => {
  const port = backends[0]!.split(':')[1]!;
  const urls = Array.from({ length: MANY }, (_, at) => `http://127.1.${at >> 8}.${at & 255}:${port}`);
  return {
    ...everythingOn,
    pools: { default: { algorithm: 'two-choices', backends: urls.map((url) => ({ url })) } },
    routes: [
      { path_prefix: '/', pool: 'default' },
      ...Array.from({ length: MANY - 1 }, (_, at) => ({ path_prefix: `/route/${at}`, pool: 'default' })),
    ],
  };
});

export const manyBackends: Scenario = {
  name: 'many-backends',
  run: async (lab, effort) => {
    if (process.platform !== 'linux') return [];
    const contestants = [await lab.require(peerNamed(SLUICE)), await lab.require(many)];
    const [few, thousand] = await compareCosts(lab, effort, contestants, { path: '/route/777/x' });
    for (const contestant of contestants) await lab.leave(contestant);
    const ratio = thousand!.cpuMicrosPerRequest / few!.cpuMicrosPerRequest;
    return [ratioFinding('1,000 backends, 1,000 routes: CPU a request', '3 backends, 1 route', ratio, 1.1)];
  },
};

/**
 * A thousand backends and a thousand routes, compared with three and one; and the cost of a thousand backends for
 * others, whose thousand connections are as cold for the processor. All of 127.0.0.0/8 is this machine, on Linux.
 */
import { compareCosts } from '../compare.ts';
import type { Lab } from '../lab.ts';
import { CADDY, everythingOn, NGINX, type Peer, peerNamed, type PeerContext, SLUICE, sluiceWith } from '../peers.ts';
import { ratioFinding, type Effort, type Finding, type Scenario } from '../scenario.ts';

const MANY = 1000;

/** Many addresses of the one backend. */
function addresses({ backends }: PeerContext): string[] {
  const port = backends[0]!.split(':')[1]!;
  return Array.from({ length: MANY }, (_, at) => `127.1.${at >> 8}.${at & 255}:${port}`);
}

const manySluice = sluiceWith('Sluice, 1000 of each', (context: PeerContext) => ({
  ...everythingOn,
  pools: {
    default: {
      algorithm: 'two-choices',
      backends: addresses(context).map((address) => ({ url: `http://${address}` })),
    },
  },
  routes: [
    { path_prefix: '/', pool: 'default' },
    ...Array.from({ length: MANY - 1 }, (_, at) => ({ path_prefix: `/route/${at}`, pool: 'default' })),
  ],
}));

function withMany(peer: Peer): Peer {
  const command: Peer['command'] = (context) => peer.command({ ...context, backends: addresses(context) });
  return { ...peer, name: `${peer.name}, 1000 backends`, command };
}

async function ratioOf(lab: Lab, effort: Effort, few: Peer, many: Peer): Promise<number> {
  const contestants = [await lab.require(few), await lab.require(many)];
  const [, thousand] = await compareCosts(lab, effort, contestants, { path: '/route/777/x' });
  for (const contestant of contestants) await lab.leave(contestant);
  return thousand!.toFirst;
}

export const manyBackends: Scenario = {
  name: 'many-backends',
  run: async (lab, effort) => {
    if (process.platform !== 'linux') return [];
    const ratio = await ratioOf(lab, effort, peerNamed(SLUICE), manySluice);
    const others: string[] = [];
    for (const peer of [CADDY, NGINX].map(peerNamed)) {
      if (peer.version === undefined) continue;
      others.push(`${peer.name}'s own ${(await ratioOf(lab, effort, peer, withMany(peer))).toFixed(2)} ×`);
    }
    const finding = ratioFinding('1,000 backends, 1,000 routes: CPU a request', '3 backends, 1 route', ratio, 1.1);
    return [others.length === 0 ? finding : beside(finding, others)];
  },
};

function beside(finding: Finding, others: readonly string[]): Finding {
  return { ...finding, measured: `${finding.measured} (${others.join(', ')})` };
}

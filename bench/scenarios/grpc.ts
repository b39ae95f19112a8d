/** Unary calls of gRPC, side by side with Caddy. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GRPC_PATH, grpcMessage } from '../backend.ts';
import { compareCosts } from '../compare.ts';
import { grpcPeers } from '../grpc-peers.ts';
import type { Contestant } from '../lab.ts';
import { CADDY } from '../peers.ts';
import { ratioFinding, type Scenario } from '../scenario.ts';

const FIELDS = ['content-type: application/grpc', 'te: trailers', 'user-agent: grpc-bench', 'grpc-timeout: 10S'];
const REQUEST_BYTES = 100;

export const grpc: Scenario = {
  name: 'grpc',
  run: async (lab, effort) => {
    if (!lab.hasH2load) return [];
    const contestants: Contestant[] = [];
    for (const peer of grpcPeers(lab.grpcBackends)) {
      if (peer.version !== undefined) contestants.push(await lab.require(peer, undefined, 200, 'https'));
    }
    const bodyFile = join(lab.folder('grpc'), 'request');
    writeFileSync(bodyFile, grpcMessage(REQUEST_BYTES));
    const load = { path: GRPC_PATH, streams: 16, connections: 4, bodyFile, fields: FIELDS };
    const [sluice, ...others] = await compareCosts(lab, effort, contestants, load);
    for (const contestant of contestants) await lab.leave(contestant);
    const work = `gRPC over TLS, unary: CPU (${sluice!.cpuMicrosPerRequest.toFixed(0)} µs)`;
    return others.map(({ toFirst }) => ratioFinding(work, CADDY, 1 / toFirst, 0.8));
  },
};

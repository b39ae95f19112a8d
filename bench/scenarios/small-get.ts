/** The big table's figures against their targets. */
import { CADDY, SLUICE, SLUICE_OFF } from '../peers.ts';
import type { PeerResult } from '../report.ts';
import { ratioFinding, type Finding } from '../scenario.ts';

const TARGETS = [
  [CADDY, 0.55],
  ['node:http + undici.dispatch', 0.75],
  ['nginx', 2.3],
  ['@fastify/reply-from', 0.65],
  [SLUICE_OFF, 1.1],
] as const;

export function smallGetFindings(peers: readonly PeerResult[]): Finding[] {
  const cpuOf = (name: string): number | undefined =>
    peers.find((peer) => peer.name === name)?.median.cpuMicrosPerRequest;
  const sluice = cpuOf(SLUICE);
  if (sluice === undefined) return [];
  return TARGETS.flatMap(([name, target]) => {
    const other = cpuOf(name);
    return other === undefined ? [] : [ratioFinding('small GET, everything on: CPU', name, sluice / other, target)];
  });
}

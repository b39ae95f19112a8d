/** Checks all connections of a thread in regular rounds, and ends those that hold the gateway up. */
import type { Socket } from 'node:net';
import type { ServerSettings } from '../config/settings.ts';
import { formatAddress } from '../net/ip-address.ts';
import { repeat } from '../runtime/repeat.ts';
import { peerAddress } from '../http/peer-address.ts';
import { GatewayError } from '../errors.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { Tunnels } from '../forwarding/upgrade/tunnels.ts';

export interface ConnectionRoundPorts {
  readonly open: ReadonlyMap<Socket, ConnectionWatch>;
  readonly tunnels: Tunnels;
  readonly refusals: RefusalLog;
}

function connectionRound({ open, tunnels, refusals }: ConnectionRoundPorts, nowMs: number): void {
  for (const [socket, watch] of open) {
    const connection = socket.sluiceConnection;
    connection?.look(nowMs);
    const verdict = connection?.isSlowReader === true ? 'slow_reader' : watch.look(nowMs);
    if (verdict === 'fine') continue;
    refusals.add(verdict, formatAddress(peerAddress(socket)));
    if (verdict === 'slow_body') connection!.refuse(new GatewayError('GW_REQUEST_TIMEOUT'));
    else socket.destroy();
  }
  tunnels.closeIdle(nowMs);
}

/** One round a second, more often if limits are shorter than that (as in tests). The returned function stops them. */
export function startConnectionRounds(ports: ConnectionRoundPorts, server: ServerSettings, nowMs: () => number) {
  return repeat(() => connectionRound(ports, nowMs()), intervalMs(server));
}

function intervalMs({
  bodyRateWindowMs,
  writeTimeoutMs,
  headTimeoutMs,
  requestTimeoutMs,
  keepAliveMs,
}: ServerSettings): number {
  const shortestMs = Math.min(
    bodyRateWindowMs,
    writeTimeoutMs,
    headTimeoutMs,
    requestTimeoutMs || Infinity,
    keepAliveMs,
  );
  return Math.max(10, Math.min(1000, shortestMs / 2));
}

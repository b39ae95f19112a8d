/** Checks all connections of a thread in regular rounds, and ends those that hold the gateway up. */
import type { Socket } from 'node:net';
import type { ServerSettings } from '../config/settings.ts';
import { formatAddress } from '../net/ip-address.ts';
import { repeat } from '../runtime/repeat.ts';
import { peerAddress } from '../http/peer-address.ts';
import type { ReportRefused } from '../http/raw-answer.ts';
import { answerClientError } from './client-error.ts';
import type { ConnectionWatch, WatchSettings } from './connection-watch.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { Tunnels } from '../forwarding/upgrade/tunnels.ts';

export interface ConnectionRoundPorts {
  readonly open: ReadonlyMap<Socket, ConnectionWatch>;
  readonly tunnels: Tunnels;
  readonly refusals: RefusalLog;
  readonly report: ReportRefused;
}

function connectionRound({ open, tunnels, refusals, report }: ConnectionRoundPorts, nowMs: number): void {
  for (const [socket, watch] of open) {
    const verdict = watch.look(nowMs);
    if (verdict === 'fine') continue;
    refusals.add(verdict, formatAddress(peerAddress(socket)));
    if (verdict === 'slow_body') refuseBody(socket, report);
    else socket.destroy();
  }
  tunnels.closeIdle(nowMs);
}

function refuseBody(socket: Socket, report: ReportRefused): void {
  const error = new Error('The request body arrives too slowly');
  answerClientError(Object.assign(error, { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket, report);
}

/** One round a second, more often if limits are shorter than that (as in tests). The returned function stops them. */
export function startConnectionRounds(ports: ConnectionRoundPorts, server: ServerSettings, nowMs: () => number) {
  return repeat(() => connectionRound(ports, nowMs()), intervalMs(server));
}

function intervalMs({ bodyRateWindowMs, writeTimeoutMs }: WatchSettings): number {
  return Math.max(10, Math.min(1000, bodyRateWindowMs / 2, writeTimeoutMs / 2));
}

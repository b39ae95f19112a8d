/** A TCP or TLS connection to one address of a backend, for requests and upgrades. */
import { connect as connectTcp, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Connect } from '../addresses/dial.ts';
import type { BackendTls } from '../backends/backend-tls.ts';

/** TCP's own probes begin after this much silence: a peer that vanished without a word is noticed. */
const KEEP_ALIVE_MS = 60_000;

export interface BackendSocketOptions extends Pick<NetConnectOpts, 'allowHalfOpen' | 'onread'> {
  /** Session of an earlier connection to it: TLS resumes it (RFC 8446, 2.2). */
  readonly session?: Buffer | undefined;
}

/** @param tls null: without. @param done called once connected, or with what went wrong. */
export function connectToBackend(
  address: string,
  url: URL,
  tls: BackendTls | null,
  options: BackendSocketOptions,
  done: Parameters<Connect>[1],
): Socket {
  const port = url.port === '' ? (tls === null ? 80 : 443) : Number(url.port);
  const to = { host: address, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, ...options };
  const socket =
    tls === null ? connectTcp(to) : connectTls({ ...to, ALPNProtocols: ['http/1.1'], ...tls } as ConnectionOptions);
  const onError = (error: Error): void => done(error, null);
  socket.once(tls === null ? 'connect' : 'secureConnect', () => {
    socket.off('error', onError);
    done(null, socket);
  });
  socket.on('error', onError);
  return socket;
}

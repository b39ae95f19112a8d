/** A TCP or TLS connection to one address of a backend, for requests and upgrades. */
import { connect as connectTcp, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Connect } from '../addresses/dial.ts';
import type { BackendTls } from '../backends/backend-tls.ts';
import { UpstreamError } from '../http/upstream-error.ts';

/** TCP's own probes begin after this much silence: a peer that vanished without a word is noticed. */
const KEEP_ALIVE_MS = 60_000;

export interface BackendSocketOptions extends Pick<NetConnectOpts, 'allowHalfOpen' | 'onread'> {
  /** Session of an earlier connection to it: TLS resumes it (RFC 8446, 2.2). */
  readonly session?: Buffer | undefined;
  /** The protocol to agree on (ALPN); default: HTTP/1.1, which servers need not confirm. */
  readonly protocol?: 'h2';
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
  const { protocol, ...rest } = options;
  const to = { host: address, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, ...rest };
  const socket =
    tls === null
      ? connectTcp(to)
      : connectTls({ ...to, ALPNProtocols: [protocol ?? 'http/1.1'], ...tls } as ConnectionOptions);
  const onError = (error: Error): void => done(error, null);
  socket.once(tls === null ? 'connect' : 'secureConnect', () => {
    socket.off('error', onError);
    if (tls === null || protocol === undefined || (socket as TLSSocket).alpnProtocol === protocol) {
      done(null, socket);
      return;
    }
    socket.destroy();
    done(new UpstreamError('UPSTREAM_NO_HTTP2', 'The backend does not offer h2 (ALPN)'), null);
  });
  socket.on('error', onError);
  return socket;
}

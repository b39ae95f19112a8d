/** One health probe over HTTP/2, on a connection of its own, for pools whose requests use it. It never rejects. */
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { backendTls } from '../../backends/backend-tls.ts';
import type { PoolSettings } from '../../config/settings.ts';
import { SessionLife } from '../../net/session-life.ts';
import { failed, failedWith, type ProbeResult } from './probe-failure.ts';

export interface Http2Probe {
  readonly url: URL;
  /** Where the connection goes. */
  readonly address: string;
  readonly timeoutMs: number;
  readonly pool: Pick<PoolSettings, 'tls' | 'insecureSkipTlsVerify'>;
  readonly method: string;
  /** Name and value alternating, besides control data. */
  readonly fields: readonly string[];
  readonly authority: string;
  readonly body: Buffer | null;
  /** What is wrong with the answer's head; null: nothing. */
  readonly wrongHead: (status: number, headers: IncomingHttpHeaders) => string | null;
  /** The same of the rest. @param body its first 64 KiB */
  readonly wrongEnd: (body: Buffer, trailers: IncomingHttpHeaders) => string | null;
}

const NO_HTTP2 = 'no HTTP/2';
/** A longer body is cut off. */
const MAX_BODY_BYTES = 64 * 1024;

export function probeHttp2(probe: Http2Probe, signal: AbortSignal): Promise<ProbeResult> {
  const { url, address, timeoutMs, pool } = probe;
  const startedAt = performance.now();
  const isTls = url.protocol === 'https:';
  const at = { host: address, port: Number(url.port || (isTls ? 443 : 80)) };
  return new Promise((resolve) => {
    const socket = isTls ? connectTls({ ...at, ALPNProtocols: ['h2'], ...backendTls(url, pool) }) : connect(at);
    let session: ClientHttp2Session | null = null;
    const timer = setTimeout(() => settle(failed(`timeout after ${timeoutMs} ms`)), timeoutMs);
    const stop = (): void => settle(failed('aborted'));
    function settle(result: ProbeResult): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      // The first result counts; later ones (including the error that destroy causes) are ignored.
      resolve(result);
      session?.destroy();
      socket.destroy();
    }
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    socket.on('error', (error) => settle(failedWith(error)));
    socket.once('close', () => settle(failed('connection reset')));
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      if (isTls && (socket as TLSSocket).alpnProtocol !== 'h2') return settle(failed(NO_HTTP2));
      session = connectHttp2(url.origin, { createConnection: () => socket, settings: { enablePush: false } });
      const life = new SessionLife(session);
      let isHttp2 = false;
      session.once('remoteSettings', () => (isHttp2 = true));
      session.on('error', (error) => settle(isHttp2 ? failedWith(error) : failed(NO_HTTP2)));
      const stream = request(session, probe, (status, wrong) => {
        // Something was received, but no SETTINGS.
        if (!isHttp2 && socket.bytesRead > 0) return settle(failed(NO_HTTP2));
        settle(wrong === null ? { ok: true, status, latencyMs: performance.now() - startedAt } : failed(wrong));
      });
      stream.on('close', () => life.outlive(stream));
    });
  });
}

function request(session: ClientHttp2Session, probe: Http2Probe, done: (status: number, wrong: string | null) => void) {
  const { url, method, fields, authority, body, wrongHead, wrongEnd } = probe;
  const control = [':method', method, ':scheme', url.protocol.slice(0, -1), ':authority', authority];
  const target = [':path', url.pathname + url.search];
  const stream = session.request([...control, ...target, ...fields], { endStream: body === null });
  if (body !== null) stream.end(body);
  const pieces: Buffer[] = [];
  let bytes = 0;
  let status = 0;
  let trailers: IncomingHttpHeaders = {};
  const end = (): void => done(status, wrongEnd(Buffer.concat(pieces).subarray(0, MAX_BODY_BYTES), trailers));
  stream.on('response', (headers) => {
    status = Number(headers[':status']);
    const wrong = wrongHead(status, headers);
    if (wrong !== null) done(status, wrong);
    trailers = headers;
  });
  stream.on('trailers', (fields) => (trailers = fields));
  stream.on('data', (piece: Buffer) => {
    bytes += piece.length;
    pieces.push(piece);
    if (bytes > MAX_BODY_BYTES) end();
  });
  stream.on('error', () => undefined);
  stream.on('close', () => (stream.rstCode === 0 && status !== 0 ? end() : done(status, 'stream reset')));
  return stream;
}

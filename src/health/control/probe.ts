/** One health probe, on a connection of its own. It never rejects; failures are results. */
import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect, isIPv6, type LookupFunction, type NetConnectOpts, type Socket } from 'node:net';
import type { HealthCheckSettings, PoolSettings, PoolTlsSettings } from '../../config/settings.ts';
import { backendTls } from '../../backends/backend-tls.ts';
import { HEALTH_PATH, healthRequest, unhealthyReason } from '../../grpc/core/grpc-health.ts';
import { GRPC } from '../../grpc/core/grpc-status.ts';
import { DEFAULT_HEALTH_PATH } from '../core/default-check.ts';
import { VERSION } from '../../version.ts';
import type { Http2Probe } from './http2-probe.ts';
import { wrongBody, wrongHead } from './probe-expectation.ts';
import { describeFailure, failed, failedWith, type ProbeResult } from './probe-failure.ts';
import { probeTcp } from './tcp-probe.ts';

export type { ProbeResult } from './probe-failure.ts';

export interface ProbeOptions {
  /** Accept any TLS certificate of an https backend. */
  readonly insecureSkipTlsVerify: boolean;
  readonly tls: PoolTlsSettings;
  readonly protocol: PoolSettings['protocol'];
  /** Where the connection goes, whatever the URL's host resolves to. */
  readonly address: string;
}

const OWN_HEADERS = { 'user-agent': `sluice-health/${VERSION}`, accept: '*/*' };
/** A longer body is cut off: the expected text must come before. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * A backend is healthy if it meets the check's expectation: a connection, or the expected status, headers and body; a
 * body that ends (or passes 64 KiB); all within `timeoutMs`. Redirects are not followed: they are statuses like any
 * other.
 *
 * @param backendUrl origin and base path; the check's path is appended to it
 */
export function probe(
  backendUrl: string,
  check: HealthCheckSettings,
  signal: AbortSignal,
  { address, ...pool }: ProbeOptions,
): Promise<ProbeResult> {
  const url = new URL(
    backendUrl.replace(/\/$/, '') + (check.type === 'grpc' ? HEALTH_PATH : (check.path ?? DEFAULT_HEALTH_PATH)),
  );
  // Assigning the scheme's default port leaves `port` empty, which means the same.
  if (check.port !== null) url.port = String(check.port);
  const { timeoutMs } = check;
  if (check.type === 'tcp') return probeTcp({ url, address, timeoutMs, pool }, signal);
  if (pool.protocol !== 'http1') {
    const over = check.type === 'grpc' ? overGrpc : overHttp2;
    return import('./http2-probe.ts').then(({ probeHttp2 }) =>
      probeHttp2(over(url, check, { address, ...pool }), signal),
    );
  }
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request: ClientRequest = send(url, {
      method: check.method,
      lookup: leadTo(address),
      // A connection of its own: a kept one would say little about the next client's.
      ...(url.protocol === 'https:' ? { agent: false } : { createConnection: connectPlain }),
      // Its own name, whatever Host is sent: the certificate is checked against it.
      ...(url.protocol === 'https:' ? backendTls(url, pool) : undefined),
      headers: { ...OWN_HEADERS, ...check.headers },
    });
    const timer = setTimeout(() => settle(failed(`timeout after ${timeoutMs} ms`)), timeoutMs);
    const stop = (): void => settle(failed('aborted'));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    function settle(result: ProbeResult): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      // The first result counts; later ones (including the error that destroy causes) are ignored.
      resolve(result);
      request.destroy();
    }
    request.on('error', (error) => settle(failedWith(error)));
    request.on('upgrade', () => settle(failed('status 101')));
    request.once('close', () => settle(failed('connection reset')));
    request.once('response', (response) => {
      const status = response.statusCode ?? 0;
      const latencyMs = performance.now() - startedAt;
      const wrong = wrongHead(status, response.headers, check);
      if (wrong !== null) return settle(failed(wrong));
      readBody(response, check.expectedBody !== null, (error, body) => {
        const mistake = error === null ? wrongBody(body, check) : describeFailure(error);
        settle(mistake === null ? { ok: true, status, latencyMs } : failed(mistake));
      });
    });
    request.end();
  });
}

function overHttp2(url: URL, check: HealthCheckSettings, { address, ...pool }: ProbeOptions): Http2Probe {
  const { host: authority = url.host, ...headers } = { ...OWN_HEADERS, ...check.headers } as Record<string, string>;
  return {
    url,
    address,
    pool,
    timeoutMs: check.timeoutMs,
    method: check.method,
    authority,
    fields: Object.entries(headers).flat(),
    body: null,
    wrongHead: (status, received) => wrongHead(status, received, check),
    wrongEnd: (body) => wrongBody(body.toString(), check),
  };
}

const UNIMPLEMENTED = String(GRPC.unimplemented);
const GRPC_HEADERS = { 'content-type': 'application/grpc', te: 'trailers' };

/** Of gRPC, a call of the health protocol: {@link unhealthyReason}. */
function overGrpc(url: URL, check: HealthCheckSettings, options: ProbeOptions): Http2Probe {
  const { fields, ...probe } = overHttp2(url, check, options);
  return {
    ...probe,
    method: 'POST',
    fields: [...fields, ...Object.entries(GRPC_HEADERS).flat()],
    body: Buffer.from(healthRequest(check.service ?? '')),
    wrongHead: (status) => (status === 200 ? null : `status ${status}`),
    wrongEnd: (body, trailers) => {
      const status = trailers['grpc-status'];
      if (status === UNIMPLEMENTED) return `grpc-status ${status}: the server has no grpc.health.v1.Health`;
      if (status !== '0') return status === undefined ? 'no grpc-status' : `grpc-status ${String(status)}`;
      return unhealthyReason(body);
    },
  };
}

/** Replaces the lookup; not called if the URL's host is an address. */
function leadTo(address: string): LookupFunction {
  const family = isIPv6(address) ? 6 : 4;
  return (_host, { all }, callback) => {
    if (all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

/** Without an agent, which would be created for this one request. */
function connectPlain(options: object): Socket {
  return connect(options as NetConnectOpts);
}

/** Up to MAX_BODY_BYTES; kept only when it is checked. */
function readBody(
  response: IncomingMessage,
  isWanted: boolean,
  done: (error: Error | null, body: string) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const end = (): void => done(null, Buffer.concat(chunks).toString('utf8', 0, MAX_BODY_BYTES));
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (isWanted && length - chunk.length < MAX_BODY_BYTES) chunks.push(chunk);
    if (length > MAX_BODY_BYTES) end();
  });
  response.once('end', end);
  response.on('error', (error) => done(error, ''));
}

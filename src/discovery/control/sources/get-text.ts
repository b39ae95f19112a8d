/** One GET request of this thread's own, on a connection of its own. */
import { request as requestHttp, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { VERSION } from '../../../version.ts';

export interface Target {
  readonly url: URL;
  /** A unix socket to connect to instead of the URL's host. */
  readonly socketPath?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Trusted authorities, in PEM; null: those that Node trusts. */
  readonly caPem?: string | null;
  readonly lookup?: LookupFunction;
}

export interface GetLimits {
  /** For the whole answer. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface TextAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Rejects with a reason for operators. Redirects are not followed: they are statuses like any other. */
export function getText(target: Target, { timeoutMs, maxBytes, signal }: GetLimits): Promise<TextAnswer> {
  return new Promise((resolve, reject) => {
    const request = openRequest(target);
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    const stop = (): void => fail('stopped');
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      request.destroy();
    }
    function fail(reason: string): void {
      end();
      reject(new Error(reason));
    }
    request.on('error', (error) => fail(requestReason(error)));
    request.once('upgrade', () => fail('it answered 101'));
    request.once('response', (response: IncomingMessage) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > maxBytes) return fail(`its answer is larger than ${maxBytes} bytes`);
        pieces.push(piece);
      });
      response.on('error', () => fail('its answer was cut off'));
      response.once('end', () => {
        end();
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, text: Buffer.concat(pieces).toString('utf8') });
      });
    });
    request.end();
  });
}

/** A GET request that is not sent yet. */
export function openRequest({ url, socketPath, headers = {}, caPem = null, lookup }: Target): ClientRequest {
  const isSecure = url.protocol === 'https:';
  return (isSecure ? requestHttps : requestHttp)(url, {
    agent: false,
    headers: { 'user-agent': `sluice/${VERSION}`, accept: 'application/json', ...headers },
    ...(socketPath !== undefined && { socketPath }),
    ...(lookup !== undefined && { lookup }),
    ...(isSecure && caPem !== null && { ca: caPem }),
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOENT: 'its socket does not exist',
  EACCES: 'no permission to use its socket',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connect timed out',
  HPE_HEADER_OVERFLOW: 'the head of its answer is too large',
};

/** Why a request failed: what follows the name of the server. */
export function requestReason(error: Error): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  // Several addresses were tried.
  const [first] = error instanceof AggregateError ? (error.errors as readonly Error[]) : [];
  if (first !== undefined) return requestReason(first);
  if (code.startsWith('HPE_')) return REASONS[code] ?? 'it does not speak HTTP';
  // What follows the semicolon is advice for programmers.
  return REASONS[code] ?? (error.message.replace(/; if the root CA.*/, '') || code);
}

/** One health probe: a GET on a connection of its own. It never rejects; what went wrong is the answer. */
import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { HealthCheckSettings } from '../config/settings.ts';
import { VERSION } from '../version.ts';

export type ProbeResult =
  | { readonly ok: true; readonly status: number; readonly latencyMs: number }
  /** `error` in a few words, for logs and reports: `connect refused`, `status 503`, `timeout after 2000 ms`. */
  | { readonly ok: false; readonly error: string };

export interface ProbeOptions {
  /** Accept any TLS certificate of an https backend. */
  readonly insecureSkipTlsVerify: boolean;
}

/** A longer body is cut off: its head has said enough. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Healthy is a status in the expected range and a body that ends (or passes 64 KiB), all within `timeoutMs`. Redirects
 * are not followed: they are statuses like any other.
 *
 * @param backendUrl origin and base path; the check's path is appended to it
 */
export function probe(
  backendUrl: string,
  check: HealthCheckSettings,
  signal: AbortSignal,
  { insecureSkipTlsVerify }: ProbeOptions,
): Promise<ProbeResult> {
  const url = new URL(backendUrl.replace(/\/$/, '') + check.path);
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request: ClientRequest = send(url, {
      // A connection of its own: a kept one would say little about the next client's.
      agent: false,
      signal,
      rejectUnauthorized: !insecureSkipTlsVerify,
      headers: { 'user-agent': `sluice-health/${VERSION}`, accept: '*/*' },
    });
    const timer = setTimeout(() => settle(failed(`timeout after ${check.timeoutMs} ms`)), check.timeoutMs);
    function settle(result: ProbeResult): void {
      clearTimeout(timer);
      // The first word counts; later ones (the error that destroy causes, too) fall on deaf ears.
      resolve(result);
      request.destroy();
    }
    request.on('error', (error) => settle(failed(describe(error))));
    request.on('upgrade', () => settle(failed('status 101')));
    request.once('close', () => settle(failed('connection reset')));
    request.once('response', (response) => {
      const status = response.statusCode ?? 0;
      const [from, to] = check.expectedStatus;
      if (status < from || status > to) return settle(failed(`status ${status}`));
      const latencyMs = performance.now() - startedAt;
      drain(response, (error) => settle(error === null ? { ok: true, status, latencyMs } : failed(describe(error))));
    });
    request.end();
  });
}

function drain(response: IncomingMessage, done: (error: Error | null) => void): void {
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) done(null);
  });
  response.once('end', () => done(null));
  response.on('error', done);
}

function failed(error: string): ProbeResult {
  return { ok: false, error };
}

const WORDS: Readonly<Record<string, string>> = {
  ABORT_ERR: 'aborted',
  ECONNREFUSED: 'connect refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host name lookup failed',
  ETIMEDOUT: 'connect timeout',
};

function describe(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  if (code.startsWith('HPE_')) return 'invalid response';
  // TLS and the rest: the code says more than a word of ours.
  return WORDS[code] ?? (code === '' ? error.message : code.toLowerCase().replaceAll('_', ' '));
}

/** Asks an operator's service whether a certificate may be ordered for a name. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { VERSION } from '../../version.ts';

/** Why the service did not answer; else its status. */
export type AskAnswer = { readonly status: number } | { readonly problem: string };

export interface AskOptions {
  readonly timeoutMs: number;
  /** The gateway stops. */
  readonly signal: AbortSignal;
}

/** Never rejects. Redirects are not followed, and the body is not read. @param ask the URL as configured */
export function askUrl(ask: string, host: string, { timeoutMs, signal }: AskOptions): Promise<AskAnswer> {
  const url = new URL(ask);
  url.searchParams.set('domain', host);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const sent = send(url, {
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headers: { 'user-agent': `sluice/${VERSION}` },
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isLate = error.cause instanceof Error && error.cause.name === 'TimeoutError';
      resolve({ problem: isLate ? `no answer within ${timeoutMs} ms` : (error.code ?? error.message) });
    });
    sent.on('response', (response) => {
      resolve({ status: response.statusCode ?? 0 });
      response.on('error', () => {});
      response.destroy();
    });
    sent.end();
  });
}

/** Requests to an ACME server: over TLS only (RFC 8555, 6.1), each on a connection of its own. */
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { VERSION } from '../../../version.ts';

export interface AcmeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Rejects with Error if there is no answer. @param body null: none. */
export type AcmeHttp = (method: 'GET' | 'HEAD' | 'POST', url: string, body: string | null) => Promise<AcmeAnswer>;

export interface AcmeHttpOptions {
  /** PEM of the roots to trust; null: those of Node.js. */
  readonly caPem: string | null;
  /** Ends running requests. */
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 30_000;
/** A chain takes some KiB. */
const MAX_BYTES = 1024 * 1024;

export function acmeHttp({ caPem, signal }: AcmeHttpOptions): AcmeHttp {
  return (method, url, body) =>
    new Promise((resolve, reject) => {
      const sent = request(url, {
        method,
        agent: false,
        ...(caPem !== null && { ca: caPem }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        headers: {
          'user-agent': `sluice/${VERSION}`,
          ...(body !== null && {
            'content-type': 'application/jose+json',
            'content-length': String(Buffer.byteLength(body)),
          }),
        },
      });
      sent.on('error', (error) => reject(unreachable(url, error)));
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > MAX_BYTES) sent.destroy(new Error(`its answer is longer than ${MAX_BYTES} bytes`));
        });
        response.on('error', (error) => reject(unreachable(url, error)));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      });
      sent.end(body ?? undefined);
    });
}

function unreachable(url: string, error: Error): Error {
  const { code, message } = (error.cause instanceof Error ? error.cause : error) as NodeJS.ErrnoException;
  // What follows is advice for programmers.
  const reason = message.replace(/; if the root CA.*/, '') || code || 'no reason given';
  return new Error(`no answer from ${new URL(url).host}: ${reason}`, { cause: error });
}

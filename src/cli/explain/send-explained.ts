/** Sends one real request that says how it was handled. */
import { METHODS, request as send } from 'node:http';
import { request as sendSecurely } from 'node:https';
import { CommandFailure, UsageError } from '../read-words.ts';

/** The field of its answer: src/routing/explained-exchange.ts writes it. */
export interface HandledRequest {
  readonly request_id: string;
  readonly route: string | null;
  readonly client: string;
  readonly pool: string | null;
  readonly target: string;
  readonly tries: readonly {
    readonly backend: string;
    readonly after_ms: number;
    readonly took_ms: number | null;
    readonly status: number | null;
    readonly error: string | null;
  }[];
  readonly cache: string | null;
  readonly would_refuse: string | null;
  readonly error: string | null;
  readonly status: number;
  readonly head_ms: number;
}

export interface SentRequest {
  readonly url: URL;
  readonly method: string;
  /** Each `name: value`. */
  readonly fields: readonly string[];
  readonly header: string;
  readonly token: string;
}

const TIMEOUT_MS = 15_000;

/** Without a body. Rejects with a CommandFailure. */
export function sendExplained({ url, method, fields, header, token }: SentRequest): Promise<HandledRequest> {
  if (!METHODS.includes(method)) throw new UsageError(`--method: found '${method}'; allowed: ${METHODS.join(', ')}`);
  const headers = fields.map((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).trim(), field.slice(colon + 1).trim()] as const;
  });
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? sendSecurely : send)(
      url,
      { method, headers: { ...Object.fromEntries(headers), [header]: token }, timeout: TIMEOUT_MS },
      (response) => {
        const value = response.headers[header];
        response.destroy();
        if (typeof value === 'string') resolve(JSON.parse(value) as HandledRequest);
        else
          reject(
            new CommandFailure(`the answer (${response.statusCode}) explains nothing: is ${url.host} this gateway?`),
          );
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    outgoing.on('error', (error) => reject(new CommandFailure(`${url.origin}: ${error.message}`)));
    outgoing.end();
  });
}

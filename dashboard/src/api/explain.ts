import type { components } from '../../../openapi/client.ts';
import { answerOf, api } from './client.ts';

export type Explanation = components['schemas']['Explanation'];

export interface ExplainedRequest {
  readonly scheme: 'http' | 'https';
  readonly method: string;
  /** Empty: none. */
  readonly host: string;
  /** With the query. */
  readonly path: string;
  /** Each `name: value`. */
  readonly headers: readonly string[];
  /** Address or id; empty: this machine. */
  readonly client: string;
}

/** In a body, because header fields may be secrets. */
export function explain({ scheme, method, host, path, headers, client }: ExplainedRequest): Promise<Explanation> {
  const body = {
    scheme,
    method,
    path,
    headers: [...headers],
    ...(host === '' ? {} : { host }),
    ...(client === '' ? {} : { client }),
  };
  return answerOf(api.POST('/v1/api/explain', { body }));
}

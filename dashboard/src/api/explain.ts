import type { components } from '../../../openapi/client.ts';
import { answerOf, api } from './client.ts';

export type Explanation = components['schemas']['Explanation'];

export interface ExplainedRequest {
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

export function explain({ method, host, path, headers, client }: ExplainedRequest): Promise<Explanation> {
  const query = {
    method,
    path,
    ...(host === '' ? {} : { host }),
    ...(headers.length === 0 ? {} : { header: [...headers] }),
    ...(client === '' ? {} : { client }),
  };
  return answerOf(api.GET('/v1/api/explain', { params: { query } }));
}

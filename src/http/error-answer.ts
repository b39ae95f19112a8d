/** What an error becomes where no Fastify reply writes it: head and body, for send-own-answer.ts and raw-answer.ts. */
import { errorBody, type GatewayError } from '../errors.ts';

export interface ErrorAnswer {
  readonly status: number;
  /** Name and value alternating. */
  readonly fields: string[];
  readonly body: string;
  /** Of the body: latin1, which is written fastest, where it is ASCII. */
  readonly encoding: 'latin1' | 'utf8';
}

/** @param more further fields, name and value alternating. */
export function errorAnswer(error: GatewayError, requestId: string, more: readonly string[] = []): ErrorAnswer {
  const body = JSON.stringify(errorBody(error, requestId));
  const bytes = Buffer.byteLength(body);
  const fields = [
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(bytes),
    'x-request-id',
    requestId,
    ...more,
  ];
  if (error.retryAfterMs !== undefined) fields.push('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
  return { status: error.statusCode, fields, body, encoding: bytes === body.length ? 'latin1' : 'utf8' };
}

/** The one way in which an error becomes an answer if no Fastify reply writes it: head and body, for any writer. */
import { errorBody, type GatewayError } from '../errors.ts';

export interface ErrorAnswer {
  readonly status: number;
  /** Name and value alternating. */
  readonly fields: string[];
  readonly body: string;
}

export const CLOSE = ['connection', 'close'] as const;

/** @param more further fields, name and value alternating. */
export function errorAnswer(error: GatewayError, requestId: string, more: readonly string[] = []): ErrorAnswer {
  const body = JSON.stringify(errorBody(error, requestId));
  const fields = [
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(Buffer.byteLength(body)),
    'x-request-id',
    requestId,
    ...more,
  ];
  return { status: error.statusCode, fields, body };
}

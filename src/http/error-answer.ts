/** What an error becomes where no Fastify reply writes it: head and body, for send-own-answer.ts and raw-answer.ts. */
import { type ErrorCode, errorBody, ERRORS, type GatewayError } from '../errors.ts';

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
  const body = bodyOf(error, requestId);
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
  for (const challenge of error.challenges) fields.push('www-authenticate', challenge);
  return { status: error.statusCode, fields, body, encoding: bytes === body.length ? 'latin1' : 'utf8' };
}

/** The body around the id of the request, of errors that were answered before. */
const bodies = new Map<ErrorCode, readonly [before: string, after: string]>();
const ID = '"request_id":"';

function bodyOf(error: GatewayError, requestId: string): string {
  const { code, details, message } = error;
  if (details !== undefined || message !== ERRORS[code][1]) return JSON.stringify(errorBody(error, requestId));
  let around = bodies.get(code);
  if (around === undefined) {
    const empty = JSON.stringify(errorBody(error, ''));
    const at = empty.lastIndexOf(ID) + ID.length - 1;
    around = [empty.slice(0, at), empty.slice(at + 2)];
    bodies.set(code, around);
  }
  return around[0] + JSON.stringify(requestId) + around[1];
}

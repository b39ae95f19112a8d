/** Answers outside of any request: the parser refused it, so there is no response object to write on. */
import { STATUS_CODES } from 'node:http';
import { errorBody, type ErrorCode, type GatewayError } from '../errors.ts';

/** What never became a request of the app: what is known of it, for log and metrics. */
export interface RefusedInput {
  readonly status: number;
  readonly error: ErrorCode;
  /** Address of the connection's other end; what proxies say of the client's was not read. */
  readonly client: string;
  /** In the words of the answer. */
  readonly reason: string;
  readonly method?: string | undefined;
  /** Path and query, or whatever stood there. */
  readonly target?: string | undefined;
  readonly host?: string | undefined;
}

/** Tells log and metrics. Returns the id under which the log knows it. */
export type TellRefused = (input: RefusedInput) => string;

/** A whole response that closes its connection. @param more further fields, each with its CRLF. */
export function rawAnswer(error: GatewayError, requestId: string, more = ''): string {
  const body = JSON.stringify(errorBody(error, requestId));
  return (
    `HTTP/1.1 ${error.statusCode} ${STATUS_CODES[error.statusCode]}\r\n` +
    'content-type: application/json; charset=utf-8\r\n' +
    `content-length: ${Buffer.byteLength(body)}\r\n` +
    `x-request-id: ${requestId}\r\n` +
    more +
    'connection: close\r\n\r\n' +
    body
  );
}

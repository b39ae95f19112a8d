/** Answers outside of any request: the parser refused it, so there is no response object to write on. */
import { STATUS_CODES } from 'node:http';
import type { ErrorCode, GatewayError } from '../errors.ts';
import { CLOSE, errorAnswer } from './error-answer.ts';

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
export type ReportRefused = (input: RefusedInput) => string;

/** A whole response that closes its connection. @param more further fields, name and value in turn. */
export function rawAnswer(error: GatewayError, requestId: string, more: readonly string[] = []): string {
  const { status, fields, body } = errorAnswer(error, requestId, [...more, ...CLOSE]);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (let at = 0; at < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return `${head}\r\n${body}`;
}

/** Answers outside of any request: the parser refused it, so there is no response object to write on. */
import { STATUS_CODES } from 'node:http';
import type { ErrorCode, GatewayError } from '../errors.ts';
import { errorAnswer } from './error-answer.ts';

/** Data about something that never became a request of the app, for log and metrics. */
export interface RefusedInput {
  readonly status: number;
  readonly error: ErrorCode;
  /** Address of the peer; what proxies say about the client was not read. */
  readonly client: string;
  /** As worded in the answer. */
  readonly reason: string;
  readonly method?: string | undefined;
  /** Path and query, or whatever was there instead. */
  readonly target?: string | undefined;
  readonly host?: string | undefined;
  /** The client left before it could be answered. */
  readonly isAborted: boolean;
}

/** Logs and counts it. Returns its id in the log. */
export type ReportRefused = (input: RefusedInput) => string;

/** A whole response that closes its connection. @param more further fields, name and value alternating. */
export function rawAnswer(error: GatewayError, requestId: string, more: readonly string[] = []): string {
  const { status, fields, body } = errorAnswer(error, requestId, [...more, 'connection', 'close']);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (let at = 0; at < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return `${head}\r\n${body}`;
}

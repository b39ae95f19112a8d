/** What the gateway answers in place of a backend: the end of a trace, and questions about the server as a whole. */
import type { OwnAnswer } from '../../http/own-answer-parts.ts';
import { isTraced } from './request-head.ts';

/** The methods that clients may ask about; all others but CONNECT are forwarded, too. */
export const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE';

/** Fields that a trace must not show to readers of its answer (RFC 9110, 9.3.8). */
const SECRET = /auth|cookie|key|token|secret|password|session/i;

export interface TracedRequest {
  readonly method?: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Undefined if a backend is to answer. @param target path and query, or `*`. */
export function ownAnswer(request: TracedRequest, target: string): OwnAnswer | undefined {
  const method = request.method!;
  const isLastHop = isTraced(method) && request.headers['max-forwards'] === '0';
  if (method === 'TRACE' && isLastHop) return trace(request.rawHeaders, target);
  // There is no one backend whose answer would hold for all.
  if (target === '*' || isLastHop) return { status: 204, fields: { allow: ALLOWED_METHODS }, body: '' };
  return undefined;
}

function trace(rawHeaders: readonly string[], target: string): OwnAnswer {
  let body = `TRACE ${target} HTTP/1.1\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!SECRET.test(rawHeaders[at]!)) body += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  }
  return { status: 200, fields: { 'content-type': 'message/http' }, body: `${body}\r\n` };
}

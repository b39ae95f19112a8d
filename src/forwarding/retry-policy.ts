/** May a failed try be repeated on another backend? */
import type { IncomingMessage } from 'node:http';
import type { RetrySettings } from '../config/settings.ts';
import type { ErrorCode } from '../errors.ts';

/** Failures that say nothing was answered; a time-out of the answer is not among them: the backend is at work. */
const RETRIED: ReadonlySet<ErrorCode> = new Set(['GW_BACKEND_UNREACHABLE', 'GW_CONNECT_TIMEOUT', 'GW_BACKEND_RESET']);

export function isRetriedError(code: ErrorCode): boolean {
  return RETRIED.has(code);
}

/** Sending it twice does what sending it once does, as far as method and fields say (RFC 9110, 9.2.2). */
export function isRepeatable(request: IncomingMessage, settings: RetrySettings): boolean {
  if (settings.methods.includes(request.method!)) return true;
  // The client says itself that the backend recognises a repetition.
  return request.headers['idempotency-key'] !== undefined;
}

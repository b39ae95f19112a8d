/** Whether a failed attempt may be retried on another backend. */
import type { ClientRequest } from '../http/client-side.ts';
import type { RetrySettings } from '../config/settings.ts';
import type { ErrorCode } from '../errors.ts';

/** Failures without any answer; a response timeout is not among them, because the backend is still working. */
const RETRIED: ReadonlySet<ErrorCode> = new Set(['GW_BACKEND_UNREACHABLE', 'GW_CONNECT_TIMEOUT', 'GW_BACKEND_RESET']);

export function isRetriedError(code: ErrorCode): boolean {
  return RETRIED.has(code);
}

/** Sending it twice has the same effect as sending it once, as far as method and fields say (RFC 9110, 9.2.2). */
export function isRepeatable(request: ClientRequest, settings: RetrySettings): boolean {
  if (settings.methods.includes(request.method)) return true;
  // The client states that the backend recognizes a repetition.
  return request.headers['idempotency-key'] !== undefined;
}

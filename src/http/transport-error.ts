/**
 * One total function from whatever went wrong between the gateway and a backend to the answer for the client and
 * what it means for the backend's circuit. A code without a row is a broken connection.
 */
import type { ErrorCode } from '../errors.ts';

/** `failure` counts against the backend; `none` does not: the cause was the client or the gateway. */
export type Outcome = 'failure' | 'none';

export interface TransportError {
  readonly code: ErrorCode;
  readonly outcome: Outcome;
}

const unreachable: TransportError = { code: 'GW_BACKEND_UNREACHABLE', outcome: 'failure' };
const broken: TransportError = { code: 'GW_BACKEND_RESET', outcome: 'failure' };
const invalid: TransportError = { code: 'GW_BACKEND_INVALID', outcome: 'failure' };
const connectTimeout: TransportError = { code: 'GW_CONNECT_TIMEOUT', outcome: 'failure' };
const responseTimeout: TransportError = { code: 'GW_RESPONSE_TIMEOUT', outcome: 'failure' };
const badRequest: TransportError = { code: 'GW_BAD_REQUEST', outcome: 'none' };
const stopping: TransportError = { code: 'GW_STOPPING', outcome: 'none' };

/** By `error.code`, as Node and undici set it. */
export const TRANSPORT_ERRORS: Readonly<Record<string, TransportError>> = {
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  EACCES: unreachable,
  ENOENT: unreachable,
  EMFILE: { code: 'GW_BACKEND_UNREACHABLE', outcome: 'none' },
  ENFILE: { code: 'GW_BACKEND_UNREACHABLE', outcome: 'none' },
  CERT_HAS_EXPIRED: unreachable,
  CERT_NOT_YET_VALID: unreachable,
  DEPTH_ZERO_SELF_SIGNED_CERT: unreachable,
  SELF_SIGNED_CERT_IN_CHAIN: unreachable,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unreachable,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unreachable,
  ERR_TLS_CERT_ALTNAME_INVALID: unreachable,
  EPROTO: unreachable,
  ECONNRESET: broken,
  ECONNABORTED: broken,
  EPIPE: broken,
  UND_ERR_SOCKET: broken,
  ETIMEDOUT: connectTimeout,
  UND_ERR_CONNECT_TIMEOUT: connectTimeout,
  UND_ERR_HEADERS_TIMEOUT: responseTimeout,
  UND_ERR_BODY_TIMEOUT: responseTimeout,
  UND_ERR_HEADERS_OVERFLOW: invalid,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: invalid,
  UND_ERR_RES_EXCEEDED_MAX_SIZE: invalid,
  UND_ERR_RESPONSE: invalid,
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: badRequest,
  UND_ERR_INVALID_ARG: badRequest,
  UND_ERR_NOT_SUPPORTED: badRequest,
  UND_ERR_ABORTED: { code: 'GW_REQUEST_TIMEOUT', outcome: 'none' },
  UND_ERR_CLOSED: stopping,
  UND_ERR_DESTROYED: stopping,
};

export function transportError(error: unknown): TransportError {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return broken;
  // The HTTP parser's own codes: HPE_INVALID_CONSTANT and the like.
  if (code.startsWith('HPE_')) return invalid;
  return Object.hasOwn(TRANSPORT_ERRORS, code) ? TRANSPORT_ERRORS[code]! : broken;
}

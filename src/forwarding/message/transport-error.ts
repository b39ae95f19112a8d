/**
 * One total function that maps any failure between the gateway and a backend to the answer for the client and the
 * outcome for the backend's circuit. A code without a row is a broken connection.
 */
import type { ErrorCode } from '../../errors.ts';

/**
 * `failure` counts against the backend, and so does `timeout`: the backend has the request and does not answer, which
 * may be the request's fault. `none` does not: the cause was the client or the gateway.
 */
export type Outcome = 'failure' | 'timeout' | 'none';

export interface TransportError {
  readonly code: ErrorCode;
  readonly outcome: Outcome;
}

const unreachable: TransportError = { code: 'GW_BACKEND_UNREACHABLE', outcome: 'failure' };
const broken: TransportError = { code: 'GW_BACKEND_RESET', outcome: 'failure' };
const invalid: TransportError = { code: 'GW_BACKEND_INVALID', outcome: 'failure' };
const headTooLarge: TransportError = { code: 'GW_BACKEND_HEAD_TOO_LARGE', outcome: 'failure' };
const connectTimeout: TransportError = { code: 'GW_CONNECT_TIMEOUT', outcome: 'failure' };
const responseTimeout: TransportError = { code: 'GW_RESPONSE_TIMEOUT', outcome: 'timeout' };
const badRequest: TransportError = { code: 'GW_BAD_REQUEST', outcome: 'none' };
const abandoned: TransportError = { code: 'GW_REQUEST_TIMEOUT', outcome: 'none' };
/** Out of sockets or memory here: says nothing about the backend. */
const exhausted: TransportError = { code: 'GW_BACKEND_UNREACHABLE', outcome: 'none' };
/** Wrong use of undici, or of a part of it that is not used here. */
const internal: TransportError = { code: 'GW_INTERNAL', outcome: 'none' };
const stopping: TransportError = { code: 'GW_STOPPING', outcome: 'none' };

/** By `error.code`, as Node and undici set it. */
export const TRANSPORT_ERRORS: Readonly<Record<string, TransportError>> = {
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EAI_FAIL: unreachable,
  EHOSTDOWN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETDOWN: unreachable,
  ENETUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  EACCES: unreachable,
  EPERM: unreachable,
  ENOENT: unreachable,
  EMFILE: exhausted,
  ENFILE: exhausted,
  ENOBUFS: exhausted,
  ENOMEM: exhausted,
  DEPTH_ZERO_SELF_SIGNED_CERT: unreachable,
  SELF_SIGNED_CERT_IN_CHAIN: unreachable,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unreachable,
  UNABLE_TO_GET_ISSUER_CERT: unreachable,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unreachable,
  HOSTNAME_MISMATCH: unreachable,
  INVALID_CA: unreachable,
  INVALID_PURPOSE: unreachable,
  EPROTO: unreachable,
  ECONNRESET: broken,
  ECONNABORTED: broken,
  BACKEND_CONNECTION_CUT: broken,
  EPIPE: broken,
  UND_ERR_SOCKET: broken,
  UND_ERR_INFO: broken,
  ERR_SOCKET_CONNECTION_TIMEOUT: connectTimeout,
  ETIMEDOUT: connectTimeout,
  UND_ERR_CONNECT_TIMEOUT: connectTimeout,
  UND_ERR_HEADERS_TIMEOUT: responseTimeout,
  UND_ERR_BODY_TIMEOUT: responseTimeout,
  UND_ERR_HEADERS_OVERFLOW: headTooLarge,
  HPE_HEADER_OVERFLOW: headTooLarge,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: invalid,
  UND_ERR_RES_EXCEEDED_MAX_SIZE: invalid,
  UND_ERR_RESPONSE: invalid,
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: badRequest,
  UND_ERR_INVALID_ARG: badRequest,
  UND_ERR_NOT_SUPPORTED: badRequest,
  UND_ERR_ABORT: abandoned,
  UND_ERR_ABORTED: abandoned,
  ABORT_ERR: abandoned,
  UND_ERR_CLOSED: stopping,
  UND_ERR_DESTROYED: stopping,
  UND_ERR: internal,
  UND_ERR_INVALID_RETURN_VALUE: internal,
  UND_ERR_BPL_MISSING_UPSTREAM: internal,
  UND_ERR_MAX_ORIGINS_REACHED: internal,
  UND_ERR_REQ_RETRY: internal,
  UND_ERR_PRX_TLS: internal,
  UND_ERR_SOCKS5: internal,
  UND_ERR_WS_MESSAGE_SIZE_EXCEEDED: internal,
};

/** Families of codes. The HTTP parser's are HPE_INVALID_CONSTANT and the like; OpenSSL has a hundred. */
const FAMILIES: readonly (readonly [prefix: string, error: TransportError])[] = [
  ['HPE_', invalid],
  ['CERT_', unreachable],
  ['ERR_SSL_', unreachable],
  ['ERR_TLS_', unreachable],
];

/** undici's parser errors come without a code (7.30). */
export function transportError(error: unknown): TransportError {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return (error as Error | null)?.name === 'HTTPParserError' ? invalid : broken;
  if (Object.hasOwn(TRANSPORT_ERRORS, code)) return TRANSPORT_ERRORS[code]!;
  return FAMILIES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? broken;
}

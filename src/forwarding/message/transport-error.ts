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
const noHttp2: TransportError = { code: 'GW_BACKEND_PROTOCOL', outcome: 'failure' };
const full: TransportError = { code: 'GW_CONNECTIONS_FULL', outcome: 'none' };
const headTooLarge: TransportError = { code: 'GW_BACKEND_HEAD_TOO_LARGE', outcome: 'failure' };
const connectTimeout: TransportError = { code: 'GW_CONNECT_TIMEOUT', outcome: 'failure' };
const responseTimeout: TransportError = { code: 'GW_RESPONSE_TIMEOUT', outcome: 'timeout' };
const abandoned: TransportError = { code: 'GW_REQUEST_TIMEOUT', outcome: 'none' };
/** Out of sockets or memory here: says nothing about the backend. */
const exhausted: TransportError = { code: 'GW_BACKEND_UNREACHABLE', outcome: 'none' };
const stopping: TransportError = { code: 'GW_STOPPING', outcome: 'none' };

/** By `error.code`, as Node and the engines set it. */
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
  UPSTREAM_CUT: broken,
  EPIPE: broken,
  ERR_SOCKET_CONNECTION_TIMEOUT: connectTimeout,
  ETIMEDOUT: connectTimeout,
  UPSTREAM_CONNECT_TIMEOUT: connectTimeout,
  UPSTREAM_HEAD_TIMEOUT: responseTimeout,
  UPSTREAM_HEAD_TOO_LARGE: headTooLarge,
  UPSTREAM_INVALID: invalid,
  UPSTREAM_NO_HTTP2: noHttp2,
  UPSTREAM_UNPROCESSED: broken,
  UPSTREAM_FULL: full,
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: noHttp2,
  REQUEST_ABORTED: abandoned,
  UPSTREAM_DESTROYED: stopping,
};

/** Families of codes; OpenSSL has a hundred. */
const FAMILIES: readonly (readonly [prefix: string, error: TransportError])[] = [
  ['CERT_', unreachable],
  ['ERR_SSL_', unreachable],
  ['ERR_TLS_', unreachable],
];

export function transportError(error: unknown): TransportError {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return broken;
  if (Object.hasOwn(TRANSPORT_ERRORS, code)) return TRANSPORT_ERRORS[code]!;
  return FAMILIES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? broken;
}

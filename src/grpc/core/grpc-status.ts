/** Statuses of gRPC, and which one an error of the gateway becomes (grpc/grpc: doc/statuscodes.md). */

export const GRPC = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;
/** By number. */
export const GRPC_STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;
/** 0 to 16. */
export const GRPC_STATUSES = GRPC_STATUS_NAMES.length;

/** Where the status of HTTP does not say enough. */
const BY_CODE: Readonly<Record<string, number>> = {
  GW_RATE_LIMITED: GRPC.resourceExhausted,
  GW_TOO_MANY_IN_FLIGHT: GRPC.resourceExhausted,
  GW_QUOTA_EXCEEDED: GRPC.resourceExhausted,
  GW_TOO_MANY_ATTEMPTS: GRPC.resourceExhausted,
  GW_BODY_TOO_LARGE: GRPC.resourceExhausted,
  GW_HEAD_TOO_LARGE: GRPC.resourceExhausted,
  GW_RESPONSE_TIMEOUT: GRPC.deadlineExceeded,
  GW_REQUEST_TIMEOUT: GRPC.deadlineExceeded,
  GW_BACKEND_INVALID: GRPC.internal,
  GW_BACKEND_HEAD_TOO_LARGE: GRPC.internal,
  GW_BACKEND_PROTOCOL: GRPC.internal,
};

/** As clients of gRPC read a status of HTTP (grpc/grpc: doc/http-grpc-status-mapping.md). */
const BY_HTTP: Readonly<Record<number, number>> = {
  400: GRPC.internal,
  401: GRPC.unauthenticated,
  403: GRPC.permissionDenied,
  404: GRPC.unimplemented,
  405: GRPC.unimplemented,
  421: GRPC.unavailable,
  500: GRPC.internal,
  501: GRPC.unimplemented,
  502: GRPC.unavailable,
  503: GRPC.unavailable,
  504: GRPC.unavailable,
  508: GRPC.internal,
};

/** @param code in src/errors.ts */
export function grpcStatusOf({ code, statusCode }: { readonly code: string; readonly statusCode: number }): number {
  return BY_CODE[code] ?? BY_HTTP[statusCode] ?? GRPC.unknown;
}

/** The field, in a head or in trailers, name and value alternating; −1: there is none, or it is no status. */
export function grpcStatusIn(fields: readonly string[]): number {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at]!;
    if (name.length === 11 && name.toLowerCase() === 'grpc-status') {
      const value = fields[at + 1]!;
      return /^(0|[1-9][0-9]?)$/.test(value) && Number(value) < GRPC_STATUSES ? Number(value) : -1;
    }
  }
  return -1;
}

/** The backend could not do its work for any client: not a refusal, and nothing about the request. */
export function isBackendFailure(status: number): boolean {
  return status === GRPC.unavailable || status === GRPC.internal || status === GRPC.unknown || status === -1;
}

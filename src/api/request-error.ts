/** What went wrong with a request to the admin API, as one of our errors: one total function. */
import { GatewayError, type ErrorCode, type FieldProblem } from '../errors.ts';

/** Fastify's codes whose meaning is not their status. */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'GW_BAD_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'GW_BAD_JSON',
  FST_ERR_CTP_BODY_TOO_LARGE: 'GW_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'GW_UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_BAD_URL: 'GW_BAD_PATH',
  FST_ERR_MAX_PARAM_LENGTH: 'GW_NOT_FOUND',
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'GW_UNAUTHORIZED',
  403: 'GW_FORBIDDEN',
  404: 'GW_NOT_FOUND',
  405: 'GW_METHOD_NOT_ALLOWED',
  408: 'GW_REQUEST_TIMEOUT',
  413: 'GW_BODY_TOO_LARGE',
  415: 'GW_UNSUPPORTED_MEDIA_TYPE',
  417: 'GW_EXPECTATION_FAILED',
  431: 'GW_HEAD_TOO_LARGE',
};

/** `explain` turns the validator's errors into sentences; its second argument is the part that was validated. */
export function requestError(
  error: unknown,
  explain: (errors: readonly never[], part: string) => readonly FieldProblem[],
): GatewayError {
  if (error instanceof GatewayError) return error;
  const seen = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly code?: unknown;
    readonly statusCode?: unknown;
    readonly validation?: readonly never[];
    readonly validationContext?: string;
  };
  if (Array.isArray(seen.validation)) {
    const details = explain(seen.validation, seen.validationContext ?? 'body');
    return new GatewayError('GW_VALIDATION', { details, cause: error });
  }
  return new GatewayError(codeOf(seen.code, seen.statusCode), { cause: error });
}

function codeOf(code: unknown, status: unknown): ErrorCode {
  const named = typeof code === 'string' ? BY_CODE[code] : undefined;
  if (named !== undefined) return named;
  if (typeof status !== 'number' || status < 400 || status > 499) return 'GW_INTERNAL';
  return BY_STATUS[status] ?? 'GW_BAD_REQUEST';
}

/**
 * Every error Sluice itself can answer, in one table.
 *
 * 4xx is the caller's fault, 502 a backend that is unreachable or broken, 503 a refusal of ours, 504 a backend that is
 * too slow. Codes are stable: clients and alerts match on them. docs/errors.md has cause and fix of each.
 */
export const ERRORS = {
  GW_BAD_REQUEST: [400, 'The request is malformed'],
  GW_BAD_PATH: [400, 'The path has a malformed percent-escape, %00, or overlong UTF-8'],
  GW_TLS_REQUIRED: [400, 'This port speaks TLS: use https'],
  GW_VALIDATION: [400, 'The request has invalid fields'],
  GW_BAD_JSON: [400, 'The body is not valid JSON'],
  GW_UNAUTHORIZED: [401, 'A valid bearer token is required'],
  GW_AUTH_REQUIRED: [401, 'Credentials are required'],
  GW_AUTH_INVALID: [401, 'The credentials are not valid'],
  GW_AUTH_DENIED: [403, 'The authorization service refused the request'],
  GW_AUTH_SCOPE: [403, 'The token does not have the required scope'],
  GW_FORBIDDEN: [403, 'The Host, the Origin or the role of the token is not allowed'],
  GW_DENIED: [403, 'This address is not allowed to use the service'],
  GW_ADDRESS_REFUSED: [403, 'This address may not use this route'],
  GW_ORIGIN_REFUSED: [403, 'Pages of this origin may not use this route'],
  GW_CLIENT_CERTIFICATE: [403, 'A valid client certificate is required'],
  GW_NOT_FOUND: [404, 'Not found'],
  GW_NO_ROUTE: [404, 'No route matches this request'],
  GW_CLIENT_NOT_FOUND: [404, 'Client not found'],
  GW_DEMAND_NOT_RECORDED: [404, 'The requests of this client are not recorded'],
  GW_BACKEND_NOT_FOUND: [404, 'Backend not found'],
  GW_POOL_NOT_FOUND: [404, 'Pool not found'],
  GW_METHOD_NOT_ALLOWED: [405, 'Method not allowed'],
  GW_REQUEST_TIMEOUT: [408, 'The request took too long to arrive'],
  GW_CONFIG_NOT_WRITABLE: [409, 'The configuration file cannot be written'],
  GW_CLIENT_EXISTS: [409, 'A client with this key already exists'],
  GW_BACKEND_EXISTS: [409, 'A backend with this id already exists'],
  GW_BACKEND_IN_FILE: [409, 'The backend is in the configuration file; remove it there, or disable it'],
  GW_POOL_NOT_PUSHED: [409, 'The members of this pool come from elsewhere; set `discover: { push: {} }`'],
  GW_CERTIFICATE_EXISTS: [409, 'There is another certificate for this host'],
  GW_CERTIFICATE_IN_FILE: [409, 'The certificate is in the configuration file; remove it there'],
  GW_CERTIFICATES_NOT_STORED: [409, 'This gateway does not store certificates'],
  GW_RECORDING_EXISTS: [409, 'A recording is running; stop it, or wait until it has ended'],
  GW_ACME_BUSY: [409, 'A certificate is being ordered; try again when that has ended'],
  GW_PRECONDITION_FAILED: [412, 'Version mismatch: the resource has changed since you read it'],
  GW_PLAN_OUTDATED: [412, 'The configuration has changed since this plan was made'],
  GW_BODY_TOO_LARGE: [413, 'The body is too large'],
  GW_UNSUPPORTED_MEDIA_TYPE: [415, 'Unsupported content type; send application/json'],
  GW_EXPECTATION_FAILED: [417, 'Unsupported expectation; only 100-continue is supported'],
  GW_MISDIRECTED: [421, 'This connection was made for a host with other rules for client certificates'],
  GW_CONFIG_TOO_COSTLY: [422, 'The configuration takes too much time or memory to validate'],
  GW_RATE_LIMITED: [429, 'Rate limit exceeded'],
  GW_TOO_MANY_IN_FLIGHT: [429, 'Too many requests of this client at a time'],
  GW_QUOTA_EXCEEDED: [429, 'The quota of this client is used up'],
  GW_TOO_MANY_ATTEMPTS: [429, 'Too many wrong tokens from this address'],
  GW_HEAD_TOO_LARGE: [431, 'The request head is too large'],
  GW_INTERNAL: [500, 'Internal error'],
  GW_PLUGIN_FAILED: [500, 'A plugin of this route failed'],
  GW_CODING_NOT_SUPPORTED: [501, 'Unsupported transfer coding; only chunked is supported'],
  GW_METHOD_NOT_SUPPORTED: [501, 'Unsupported method; methods are case-sensitive'],
  GW_UPGRADE_NOT_SUPPORTED: [501, 'Upgrades are not supported on this route'],
  GW_BACKEND_UNREACHABLE: [502, 'The backend could not be reached'],
  GW_BACKEND_RESET: [502, 'The backend closed the connection before it answered'],
  GW_BACKEND_HEAD_TOO_LARGE: [502, "The head of the backend's answer exceeds max_response_head_bytes"],
  GW_BACKEND_PROTOCOL: [502, 'The backend does not speak HTTP/2, as its pool requires'],
  GW_BACKEND_INVALID: [502, 'The backend sent an invalid response'],
  GW_ACME_FAILED: [502, 'The certificate authority refused, or did not answer'],
  GW_NO_BACKEND: [503, 'No backend is available'],
  GW_POOL_FULL: [503, 'All backends are at their max_in_flight limit'],
  GW_CONNECTIONS_FULL: [503, 'All connections to the backends are in use'],
  GW_QUEUE_TIMEOUT: [503, 'No backend accepted the request before the queue timeout'],
  GW_AUTH_UNAVAILABLE: [503, 'The authorization service is not available'],
  GW_AUTH_KEYS: [503, 'The keys that verify tokens are not available yet'],
  GW_AUTH_BUSY: [503, 'Too many passwords are being verified; try again later'],
  GW_DATABASE_UNAVAILABLE: [503, 'The database is unavailable; traffic continues, changes are refused'],
  GW_CLIENT_TABLE_FULL: [503, 'The client table is full; raise rate_limit.max_clients'],
  GW_TOO_MANY_STREAMS: [503, 'Too many clients are watching the metrics; try again later'],
  GW_OVERLOADED: [503, 'The gateway or the backends are overloaded; requests of lower priority are refused'],
  GW_STOPPING: [503, 'The gateway is stopping'],
  GW_CONNECT_TIMEOUT: [504, 'Connecting to the backend took too long'],
  GW_NOT_CACHED: [504, 'The request asks for a stored answer only, and there is none that may be used'],
  GW_RESPONSE_TIMEOUT: [504, 'The backend took too long to answer'],
  GW_LOOP: [508, 'Request loop: a backend leads back to this gateway'],
} as const satisfies Record<`GW_${string}`, readonly [status: number, message: string]>;

/** A stable error code, as clients see it in the `error` field. */
export type ErrorCode = keyof typeof ERRORS;

/** One wrong field of a request body, query or path. */
export interface FieldProblem {
  /** JSON pointer without the first slash, dots between keys: `capacity`, `backends.0.url`. */
  readonly field: string;
  /** What is wrong and what is allowed, in one sentence. */
  readonly message: string;
  /** In the text that was sent, from 1; left out: it has none, or the place is not known. */
  readonly line?: number;
  readonly column?: number;
}

/** The body of every error answer, on both ports. */
export interface ErrorBody {
  readonly code: number;
  readonly error: ErrorCode;
  readonly message: string;
  readonly request_id: string;
  /** The documentation of this error, as a path in the repository. */
  readonly docs: string;
  readonly details?: readonly FieldProblem[];
}

export interface GatewayErrorOptions {
  /** Default: the table's. */
  readonly message?: string;
  readonly details?: readonly FieldProblem[] | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly challenges?: readonly string[];
  readonly cause?: unknown;
}

const NO_CHALLENGES: readonly string[] = [];

/**
 * An error with a row in {@link ERRORS}. The message of a 5xx never contains internals: put those in `cause`.
 *
 * It is an answer rather than a bug, so it has no stack: capturing one was a quarter of the cost of a refused request
 * (bench: refused). The internal failure is in `cause`, with its stack.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly details: readonly FieldProblem[] | undefined;
  /** When to retry, for Retry-After; undefined: unknown. */
  readonly retryAfterMs: number | undefined;
  /** Values of WWW-Authenticate: how to authenticate (RFC 9110, 11.6.1). */
  readonly challenges: readonly string[];

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(options.message ?? ERRORS[code][1], options.cause === undefined ? {} : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.statusCode = ERRORS[code][0];
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
    this.challenges = options.challenges ?? NO_CHALLENGES;
  }
}

/** GitHub derives the anchor of a heading from its text in lower case. Built once: refusing a request must be cheap. */
const DOCS = Object.fromEntries(
  Object.keys(ERRORS).map((code) => [code, `docs/errors.md#${code.toLowerCase()}`]),
) as Readonly<Record<ErrorCode, string>>;

/** The JSON body for an error answer. */
export function errorBody(error: GatewayError, requestId: string): ErrorBody {
  const { code, statusCode, message, details } = error;
  const body = { code: statusCode, error: code, message, request_id: requestId, docs: DOCS[code] };
  return details === undefined ? body : { ...body, details };
}

/** Errors on a connection to a backend, besides those of the operating system and TLS. */

/**
 * `CUT`: the connection ended before the answer did. `INVALID`: the data is not HTTP. `HEAD_TOO_LARGE`: more than
 * `max_response_head_bytes`. `HEAD_TIMEOUT`: no answer within `timeouts.response`. `CONNECT_TIMEOUT`: no connection
 * within `timeouts.connect`. `DESTROYED`: the gateway stops. `REQUEST_ABORTED`: the client's body ended too early. Of
 * HTTP/2 only: `NO_HTTP2`: the backend does not speak it. `UNPROCESSED`: the backend says that it has not begun to work
 * on the request. `FULL`: no stream was free within `connection_wait`.
 */
export type UpstreamErrorCode =
  | 'UPSTREAM_CUT'
  | 'UPSTREAM_INVALID'
  | 'UPSTREAM_HEAD_TOO_LARGE'
  | 'UPSTREAM_HEAD_TIMEOUT'
  | 'UPSTREAM_CONNECT_TIMEOUT'
  | 'UPSTREAM_DESTROYED'
  | 'UPSTREAM_NO_HTTP2'
  | 'UPSTREAM_UNPROCESSED'
  | 'UPSTREAM_FULL'
  | 'REQUEST_ABORTED';

export class UpstreamError extends Error {
  readonly code: UpstreamErrorCode;

  constructor(code: UpstreamErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UpstreamError';
    this.code = code;
  }
}

/** Answers outside of any request: the parser refused it, so there is no response object to write on. */
import { STATUS_CODES } from 'node:http';
import { errorBody, type ErrorCode, GatewayError } from '../errors.ts';

/** By the code of Node's `clientError` event; anything else is a malformed request. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'GW_HEAD_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'GW_REQUEST_TIMEOUT',
};

/** What a `clientError` means to the client. */
export function parserError(cause: { readonly code?: string }): GatewayError {
  return new GatewayError(CODES[cause.code ?? ''] ?? 'GW_BAD_REQUEST');
}

/** A whole response that closes its connection. @param more further fields, each with its CRLF. */
export function rawAnswer(error: GatewayError, more = ''): string {
  const body = JSON.stringify(errorBody(error, ''));
  return (
    `HTTP/1.1 ${error.statusCode} ${STATUS_CODES[error.statusCode]}\r\n` +
    'content-type: application/json; charset=utf-8\r\n' +
    `content-length: ${Buffer.byteLength(body)}\r\n` +
    more +
    'connection: close\r\n\r\n' +
    body
  );
}

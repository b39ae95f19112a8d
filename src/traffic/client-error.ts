/** Answers what the HTTP parser refuses: malformed or overlong heads, requests that take too long to arrive. */
import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import { errorBody, type ErrorCode, GatewayError } from '../errors.ts';

/** By the code of Node's `clientError` event; anything else is a malformed request. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'GW_HEAD_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'GW_BODY_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'GW_REQUEST_TIMEOUT',
};

interface ResponseOnSocket {
  readonly _httpMessage?: { readonly headersSent?: boolean } | null;
}

/** The connection is closed in any case: where the next request begins on it, nobody knows. */
export function answerClientError(cause: Error & { code?: string }, socket: Duplex): void {
  const isAnswering = (socket as ResponseOnSocket)._httpMessage?.headersSent === true;
  if (cause.code === 'ECONNRESET' || socket.destroyed || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  answerRaw(socket, new GatewayError(CODES[cause.code ?? ''] ?? 'GW_BAD_REQUEST'));
}

/** For a connection that has no response to write on; closes it. */
export function answerRaw(socket: Duplex, error: GatewayError): void {
  const body = JSON.stringify(errorBody(error, ''));
  socket.end(
    `HTTP/1.1 ${error.statusCode} ${STATUS_CODES[error.statusCode]}\r\n` +
      'content-type: application/json; charset=utf-8\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n` +
      'connection: close\r\n\r\n' +
      body,
    () => socket.destroy(),
  );
}

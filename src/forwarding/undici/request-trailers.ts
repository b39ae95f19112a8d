/**
 * Trailers of a request on their way to a backend (RFC 9112, 7.1.2). undici 7 cannot send any: it ends a streamed body
 * with an empty last chunk. It writes that chunk at once when the body emits `end`, so during that call the connection
 * inserts the trailers.
 */
import type { Socket } from 'node:net';
import { requestTrailers } from '../../http/trailers.ts';

/** As undici writes it. test/wire/internals.test.ts notices when that changes. */
const LAST_CHUNK = '\r\n0\r\n\r\n';

/** Field lines for the next last chunk, each with its CRLF; empty: none. */
let due = '';

/** Calls `end`, which ends the body that undici writes. @param raw name and value alternating. */
export function endWithTrailers(raw: readonly string[], end: () => void): void {
  if (raw.length === 0) return end();
  due = requestTrailers(raw)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  try {
    end();
  } finally {
    due = '';
  }
}

/** @param socket of a backend, before undici takes it over. */
export function carryTrailers(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  (socket as { write: unknown }).write = (chunk: unknown, ...rest: unknown[]): boolean =>
    due !== '' && chunk === LAST_CHUNK ? write(`\r\n0\r\n${due}\r\n`, ...rest) : write(chunk, ...rest);
}

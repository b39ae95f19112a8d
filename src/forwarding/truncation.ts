/**
 * A connection that broke off must not look like one that ended: if an answer has no length, its end says that it is
 * complete (RFC 9112, section 9.8).
 */
import type { Socket } from 'node:net';
import { UpstreamError } from '../http/upstream-error.ts';

interface Handle {
  readonly reading?: boolean;
  /** The TCP connection below TLS. */
  readonly _parent?: { readStart?(): number; readStop?(): number };
}

/**
 * From now on the socket fails, rather than ends, when TLS ends without close_notify, as it does when TCP is reset. To be
 * called before anything else listens to it.
 */
export function failWhenCut(socket: Socket): void {
  if ((socket as { encrypted?: boolean }).encrypted !== true) return;
  const push = socket.push.bind(socket);
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk !== null || !isCut(socket)) return push(chunk, encoding);
    socket.destroy(new UpstreamError('UPSTREAM_CUT', 'The TLS connection ended without close_notify'));
    return false;
  };
}

/**
 * Node (24 and 26) reports the same for close_notify and for the end of the connection below. But close_notify is part
 * of the data read, so that connection is still being read then; libuv has stopped reading one that has ended, and
 * reports that when it is asked to start. While we do not read, only what was read before can end anything.
 *
 * If Node's handles are not as expected, nothing is cut. test/wire/internals.test.ts notices.
 */
function isCut(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { readonly _handle?: Handle | null };
  const connection = handle?._parent;
  if (handle?.reading !== true || typeof connection?.readStart !== 'function') return false;
  const hasBegun = connection.readStart() === 0;
  if (hasBegun) connection.readStop?.();
  return hasBegun;
}

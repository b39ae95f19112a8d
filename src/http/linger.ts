/**
 * Ends a client's connection so that the client can read the answer, although it may still be sending.
 *
 * A socket that is closed with unread bytes is reset, and a reset destroys what its other end has not read yet: the
 * answer. So the sending half is closed, and incoming data is read and dropped for a while (nginx: lingering_close).
 */
import type { Socket } from 'node:net';

/** Nothing arrived for this long: the client is gone or waits for us. nginx: lingering_timeout. */
const MAX_IDLE_MS = 5000;
/** The same while the thread stops, which waits for it. */
const MAX_STOPPING_IDLE_MS = 1000;
/** In total. nginx: lingering_time. */
const MAX_MS = 30_000;

/** Detaches the socket from its parser: what arrives from now on is dropped. */
function ignoreInput(socket: Socket): void {
  socket.removeAllListeners('data');
  socket.removeAllListeners('end');
  socket.on('data', drop);
  // Reading may have been stopped below the stream because of an unread body.
  socket.pause();
  socket.resume();
}

/**
 * Sends what is written, then end of file; closes when the client has done so, or after a while. Until all is sent, the
 * limits for slow readers apply (connection-watch.ts).
 */
export function lingeringClose(socket: Socket, isStopping = false): void {
  if (socket.destroyed) return;
  ignoreInput(socket);
  socket.on('end', () => socket.destroy());
  socket.end(() => {
    if (socket.destroyed) return;
    socket.setTimeout(isStopping ? MAX_STOPPING_IDLE_MS : MAX_IDLE_MS, () => socket.destroy());
    const last = setTimeout(() => socket.destroy(), MAX_MS).unref();
    socket.on('close', () => clearTimeout(last));
  });
}

function drop(): void {
  // Nothing: the bytes are gone.
}

/** What a connection to a backend does beyond what undici knows of. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Had the connection carried bytes of the backend before it failed? Then it was probably one that is used again. */
export function isFromUsedConnection(error: Error): boolean {
  return (error as ConnectionError).isConnectionUsed === true;
}

/** To be called before undici makes the socket its own. */
export function watchSocket(socket: Socket): void {
  socket.on('error', markUsed);
  (socket as { destroy: unknown }).destroy = destroy;
}

interface ConnectionError extends Error {
  readonly syscall?: string;
  isConnectionUsed?: boolean;
}

interface UpstreamSocket extends Socket {
  readonly _readableState: { errored: Error | null };
}

function markUsed(this: Socket, error: ConnectionError): void {
  error.isConnectionUsed = this.bytesRead > 0;
}

/**
 * A backend that answers early and closes resets the connection under the body that still comes. The write fails, but
 * the answer has arrived before the reset: it is in the kernel's buffer, and Node (24 and 26) would drop it with the
 * socket. So after a failed write, one round of the event loop is left to read it. test/wire/internals.test.ts notices
 * when Node's streams go another way.
 */
function destroy(this: UpstreamSocket, error?: ConnectionError): Socket {
  if (error?.syscall !== 'write' || this.destroyed || this.sluiceIsLastRead === false) {
    return Duplex.prototype.destroy.call(this, error) as Socket;
  }
  // Else Node hands out no more of what it reads.
  this._readableState.errored = null;
  if (this.sluiceIsLastRead === undefined) {
    this.sluiceIsLastRead = true;
    // Two, so that a whole round of reading lies between.
    setImmediate(() =>
      setImmediate(() => {
        this.sluiceIsLastRead = false;
        this.destroy(error);
      }),
    );
  }
  return this;
}

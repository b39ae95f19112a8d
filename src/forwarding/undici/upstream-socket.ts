/** What a connection to a backend does in addition to undici. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Whether the connection had carried bytes from the backend before it failed. If so, it was probably a reused one. */
export function isFromUsedConnection(error: Error): boolean {
  return (error as ConnectionError).isConnectionUsed === true;
}

/** To be called before undici takes the socket over. */
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
 * A backend that answers early and closes resets the connection while the body is still being sent. The write fails,
 * but the answer has arrived before the reset: it is in the kernel's buffer, and Node (24 and 26) would drop it with
 * the socket. So after a failed write, one round of the event loop is left to read it. test/wire/internals.test.ts
 * notices when Node's streams change.
 */
function destroy(this: UpstreamSocket, error?: ConnectionError): Socket {
  if (error?.syscall !== 'write' || this.destroyed || this.sluiceIsLastRead === false) {
    return Duplex.prototype.destroy.call(this, error) as Socket;
  }
  // Otherwise Node hands out no more of what it reads.
  this._readableState.errored = null;
  if (this.sluiceIsLastRead === undefined) {
    this.sluiceIsLastRead = true;
    // Two, so that there is a whole round of reading in between.
    setImmediate(() =>
      setImmediate(() => {
        this.sluiceIsLastRead = false;
        this.destroy(error);
      }),
    );
  }
  return this;
}

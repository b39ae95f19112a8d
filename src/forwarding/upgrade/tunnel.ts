/**
 * Bytes between a client and a backend, both ways, as they come, whatever their protocol. The pipes hold the faster
 * side back, and pass the end of one direction on while the other continues.
 */
import type { Socket } from 'node:net';

/** After one direction has ended, the longest silence allowed in the other, whatever the route allows. */
const HALF_CLOSED_IDLE_MS = 60_000;
/** A peer that vanished silently is detected by TCP keep-alive probes that begin after this much silence. */
const KEEP_ALIVE_MS = 60_000;

export interface TunnelTotals {
  /** From the client. */
  readonly receivedBytes: number;
  /** To the client. */
  readonly sentBytes: number;
}

export class Tunnel {
  readonly #client: Socket;
  readonly #backend: Socket;
  readonly #idleMs: number;
  readonly #onClosed: (totals: TunnelTotals) => void;
  readonly #readBefore: number;
  readonly #writtenBefore: number;
  #open = 2;
  #seenBytes = -1;
  #silentSinceMs = 0;

  /** @param idleMs closed after this much silence both ways; 0: never. */
  constructor(client: Socket, backend: Socket, idleMs: number, onClosed: (totals: TunnelTotals) => void) {
    this.#client = client;
    this.#backend = backend;
    this.#idleMs = idleMs;
    this.#onClosed = onClosed;
    // Bytes already read and waiting in the socket belong to the tunnel.
    this.#readBefore = client.bytesRead - client.readableLength;
    this.#writtenBefore = client.bytesWritten;
  }

  start(): void {
    join(this.#client, this.#backend, this.#onSocketClosed);
    join(this.#backend, this.#client, this.#onSocketClosed);
  }

  /** To be called regularly: silence is measured between two calls. */
  isIdle(nowMs: number): boolean {
    const bytes = this.#client.bytesRead + this.#backend.bytesRead;
    if (bytes !== this.#seenBytes) {
      this.#seenBytes = bytes;
      this.#silentSinceMs = nowMs;
    }
    const silentMs = nowMs - this.#silentSinceMs;
    const isHalfClosed = this.#client.readableEnded || this.#backend.readableEnded;
    if (isHalfClosed && silentMs >= HALF_CLOSED_IDLE_MS) return true;
    return this.#idleMs > 0 && silentMs >= this.#idleMs;
  }

  destroy(): void {
    this.#client.destroy();
    this.#backend.destroy();
  }

  readonly #onSocketClosed = (): void => {
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#onClosed({
      receivedBytes: this.#client.bytesRead - this.#readBefore,
      sentBytes: this.#client.bytesWritten - this.#writtenBefore,
    });
  };
}

function join(from: Socket, to: Socket, onClosed: () => void): void {
  from.setNoDelay(true);
  from.setKeepAlive(true, KEEP_ALIVE_MS);
  from.setTimeout(0);
  // An error is followed by 'close'.
  from.on('error', () => undefined);
  from.on('close', () => {
    // Without an end, it broke off: so does the other side, at once. Otherwise the pipe has passed the end on.
    if (!from.readableEnded || from.errored !== null) to.destroy();
    onClosed();
  });
  from.pipe(to);
}

/**
 * Bytes between a client and a backend, both ways, as they come: what protocol they speak is theirs alone. The pipes
 * hold the faster side back, and pass the end of one direction on while the other goes on.
 */
import type { Socket } from 'node:net';

/** One direction has ended: the other may be silent this long at most, whatever the route allows. */
const HALF_CLOSED_IDLE_MS = 60_000;
/** A peer that vanished without a word is noticed by probes of TCP that begin after this much silence. */
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

  /** @param idleMs silent this long both ways, it is closed; 0: never. */
  constructor(client: Socket, backend: Socket, idleMs: number, onClosed: (totals: TunnelTotals) => void) {
    this.#client = client;
    this.#backend = backend;
    this.#idleMs = idleMs;
    this.#onClosed = onClosed;
    // What has been read already and waits in the socket belongs to the tunnel.
    this.#readBefore = client.bytesRead - client.readableLength;
    this.#writtenBefore = client.bytesWritten;
  }

  start(): void {
    join(this.#client, this.#backend, this.#onSocketClosed);
    join(this.#backend, this.#client, this.#onSocketClosed);
  }

  /** To be asked regularly: silence is what passed between two questions. */
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
    // Without an end, it broke off: so does the other side, at once. With one, that has been passed on by the pipe.
    if (!from.readableEnded || from.errored !== null) to.destroy();
    onClosed();
  });
  from.pipe(to);
}

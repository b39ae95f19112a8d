/**
 * One client connection as the regular round sees it: is its request's body coming at all, does it take its answer?
 * Looks at what Node counts anyway, so that a request costs nothing for being watched.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerSettings } from '../config/settings.ts';

declare module 'node:net' {
  interface Socket {
    /** Node's own: the answer under way. */
    readonly _httpMessage?: ServerResponse | null;
    readonly _handle?: { readonly writeQueueSize?: number } | null;
  }
}

/** `slow_body`: less than min_body_rate in a window. `slow_reader`: took nothing for write_timeout. */
export type Verdict = 'fine' | 'slow_body' | 'slow_reader';

export type WatchSettings = Pick<ServerSettings, 'minBodyRate' | 'bodyRateWindowMs' | 'writeTimeoutMs'>;

export class ConnectionWatch {
  readonly #socket: Socket;
  readonly #settings: WatchSettings;
  #request: IncomingMessage | null = null;
  #windowAtMs = 0;
  #windowBytes = 0;
  #unsentBytes = 0;
  #unsentSinceMs = 0;

  constructor(socket: Socket, settings: WatchSettings) {
    this.#socket = socket;
    this.#settings = settings;
  }

  look(nowMs: number): Verdict {
    const response = this.#socket._httpMessage;
    if (response === undefined || response === null) {
      this.#request = null;
      this.#unsentBytes = 0;
      return 'fine';
    }
    if (this.#isSlowBody(response.req, nowMs)) return 'slow_body';
    return this.#isSlowReader(nowMs) ? 'slow_reader' : 'fine';
  }

  #isSlowBody(request: IncomingMessage, nowMs: number): boolean {
    const { minBodyRate, bodyRateWindowMs } = this.#settings;
    if (minBodyRate === 0 || request.complete) {
      this.#request = null;
      return false;
    }
    const { bytesRead } = this.#socket;
    // While the gateway itself does not read, for the backend takes no more, the client is not to blame.
    const isHeldBack = request.readableFlowing !== true;
    if (request === this.#request && !isHeldBack) {
      const elapsedMs = nowMs - this.#windowAtMs;
      if (elapsedMs < bodyRateWindowMs) return false;
      if (bytesRead - this.#windowBytes < (minBodyRate * elapsedMs) / 1000) return true;
    }
    this.#request = request;
    this.#windowAtMs = nowMs;
    this.#windowBytes = bytesRead;
    return false;
  }

  #isSlowReader(nowMs: number): boolean {
    // What Node holds, and of that what the kernel has not taken yet: the second number shrinks as the client reads.
    const unsent = this.#socket.writableLength + (this.#socket._handle?.writeQueueSize ?? 0);
    if (unsent !== this.#unsentBytes) {
      this.#unsentBytes = unsent;
      this.#unsentSinceMs = nowMs;
    }
    return unsent > 0 && nowMs - this.#unsentSinceMs >= this.#settings.writeTimeoutMs;
  }
}

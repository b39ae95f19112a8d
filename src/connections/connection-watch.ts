/**
 * One client connection as the regular round sees it: does its request's body arrive at all, does it take its answer?
 * Uses counters that Node keeps anyway, so that being watched costs a request nothing.
 */
import type { Socket } from 'node:net';
import type { ServerSettings } from '../config/settings.ts';
import type { ClientRequest } from '../http/client-side.ts';

/** `slow_body`: less than min_body_rate in a window. `slow_reader`: takes its answer too slowly, or not at all. */
export type Verdict = 'fine' | 'slow_body' | 'slow_reader';

export type WatchSettings = Pick<
  ServerSettings,
  'minBodyRate' | 'minResponseRate' | 'bodyRateWindowMs' | 'writeTimeoutMs'
>;

export class ConnectionWatch {
  readonly #socket: Socket;
  readonly #settings: WatchSettings;
  #request: ClientRequest | null = null;
  #windowAtMs = 0;
  #windowBytes = 0;
  /** While data waits to be taken; of the window: when it began, how much waited, how much had been taken. */
  #isWaited = false;
  #waitedAtMs = 0;
  #waitedBytes = 0;
  #takenBefore = 0;
  /** How much has been taken, and when that last changed. */
  #takenBytes = 0;
  #takenAtMs = 0;

  constructor(socket: Socket, settings: WatchSettings) {
    this.#socket = socket;
    this.#settings = settings;
  }

  look(nowMs: number): Verdict {
    const request = this.#socket.sluiceConnection?.arriving ?? null;
    if (request === null) this.#request = null;
    else if (this.#isSlowBody(request, nowMs)) return 'slow_body';
    // Also after the end of HTTP: a tunnel may be silent, but what waits in it must be taken.
    return this.#isSlowReader(nowMs) ? 'slow_reader' : 'fine';
  }

  #isSlowBody(request: ClientRequest, nowMs: number): boolean {
    const { minBodyRate, bodyRateWindowMs } = this.#settings;
    if (minBodyRate === 0 || request.complete) {
      this.#request = null;
      return false;
    }
    const { bytesRead } = this.#socket;
    // While the gateway itself does not read because the backend takes no more, the client is not to blame.
    const isHeldBack = !request.isRead;
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

  /**
   * A window begins when data waits, and ends when none does: a client that waits for the backend is not slow. While
   * the connection is full, it lasts `body_rate_window` and must reach the minimum rate. Smaller amounts must be taken
   * completely within `write_timeout`: it may be an event stream whose reader is away for a moment.
   */
  #isSlowReader(nowMs: number): boolean {
    const socket = this.#socket;
    const waiting = socket.writableLength;
    const taken = (socket._handle?.bytesWritten ?? 0) - (socket._handle?.writeQueueSize ?? 0);
    if (waiting === 0 || !this.#isWaited) {
      this.#takenAtMs = nowMs;
      this.#takenBytes = taken;
      this.#isWaited = waiting > 0;
      this.#beginWindow(nowMs, waiting);
      return false;
    }
    const { minResponseRate, bodyRateWindowMs, writeTimeoutMs } = this.#settings;
    if (taken !== this.#takenBytes) {
      this.#takenBytes = taken;
      this.#takenAtMs = nowMs;
    }
    if (nowMs - this.#takenAtMs >= writeTimeoutMs) return true;
    if (minResponseRate === 0) return false;
    const full = Math.min((minResponseRate * bodyRateWindowMs) / 1000, socket.writableHighWaterMark);
    const isFull = this.#waitedBytes >= full;
    const elapsedMs = nowMs - this.#waitedAtMs;
    const bytes = taken - this.#takenBefore;
    if (elapsedMs >= (isFull ? bodyRateWindowMs : writeTimeoutMs)) {
      if (bytes < (isFull ? (minResponseRate * elapsedMs) / 1000 : this.#waitedBytes)) return true;
      this.#beginWindow(nowMs, waiting);
    } else if (!isFull && (waiting >= full || bytes >= this.#waitedBytes)) {
      this.#beginWindow(nowMs, waiting);
    }
    return false;
  }

  #beginWindow(nowMs: number, waiting: number): void {
    this.#waitedAtMs = nowMs;
    this.#waitedBytes = waiting;
    this.#takenBefore = this.#takenBytes;
  }
}

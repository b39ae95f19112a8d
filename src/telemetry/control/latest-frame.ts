/** The part of a WebSocket that is needed here (ws.WebSocket has it). */
export interface FrameSocket {
  /** Bytes handed over that the kernel has not taken yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(payload: string): void;
}

/**
 * Sends one client the latest frame, never a queue: a frame that comes while the client is busy replaces the waiting
 * one.
 *
 * bufferedAmount alone would not do: the kernels' buffers on both sides take megabytes, an hour of small frames, before
 * it rises, and a reader that wakes up would see all of that hour. So each frame is followed by a numbered ping, which
 * a WebSocket client has to answer in order (RFC 6455, 5.5.2): until the pong arrives, the frame is in transit.
 * bufferedAmount is checked as well, for a client that answers without reading.
 */
export class LatestFrame {
  readonly #socket: FrameSocket;
  #waiting: string | undefined;
  #number = 0;
  #isAwaitingPong = false;
  #sentAtMs: number;

  /** `nowMs`, here and below: any monotonic clock. */
  constructor(socket: FrameSocket, nowMs: number) {
    this.#socket = socket;
    this.#sentAtMs = nowMs;
  }

  /** Sends the frame now, or as soon as the client has taken the previous one, unless a newer one comes first. */
  offer(frame: string, nowMs: number): void {
    this.#waiting = frame;
    this.#sendWaiting(nowMs);
  }

  /** A pong arrived. Unsolicited pongs are ignored. */
  acknowledge(payload: string, nowMs: number): void {
    if (payload !== String(this.#number)) return;
    this.#isAwaitingPong = false;
    this.#sendWaiting(nowMs);
  }

  /** Between frames: pings a client with nothing outstanding, so that a dead one is detected. */
  beat(nowMs: number): void {
    if (!this.#isBusy) this.#ping(nowMs);
  }

  /** How long the client has not taken anything sent to it, ms; 0 if nothing is outstanding. */
  stalledMs(nowMs: number): number {
    return this.#isBusy ? nowMs - this.#sentAtMs : 0;
  }

  get #isBusy(): boolean {
    return this.#isAwaitingPong || this.#socket.bufferedAmount > 0;
  }

  #sendWaiting(nowMs: number): void {
    if (this.#waiting === undefined || this.#isBusy) return;
    this.#socket.send(this.#waiting);
    this.#waiting = undefined;
    this.#ping(nowMs);
  }

  #ping(nowMs: number): void {
    this.#number += 1;
    this.#isAwaitingPong = true;
    this.#sentAtMs = nowMs;
    this.#socket.ping(String(this.#number));
  }
}

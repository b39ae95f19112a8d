/**
 * Whether a client takes its answers: `write_timeout` for each stream, because a window of 0 holds one up while others
 * go on, and `min_response_rate` for the connection, whose bandwidth they share.
 */
import type { Socket } from 'node:net';
import type { Http2Response } from './http2-response.ts';

export interface AnswerPaceSettings {
  /** Bytes per second; 0: no limit. */
  readonly minResponseRate: number;
  readonly bodyRateWindowMs: number;
  readonly writeTimeoutMs: number;
}

/** Those that are open. */
export interface Answers extends Iterable<Http2Response> {
  has(response: Http2Response): boolean;
}

interface Waiting {
  progress: number;
  sinceMs: number;
}

export class AnswerPace {
  readonly #socket: Socket;
  readonly #settings: AnswerPaceSettings;
  readonly #waiting = new Map<Http2Response, Waiting>();
  /** Of the window in which data waited all the time: when it began, how much had been taken. NaN: none waits. */
  #windowAtMs = NaN;
  #windowBytes = 0;

  constructor(socket: Socket, settings: AnswerPaceSettings) {
    this.#socket = socket;
    this.#settings = settings;
  }

  /** Those of which the client has taken nothing for too long. */
  stuck(open: Answers, nowMs: number): Http2Response[] {
    for (const response of this.#waiting.keys()) if (!open.has(response)) this.#waiting.delete(response);
    const stuck: Http2Response[] = [];
    for (const response of open) {
      const { progress } = response;
      const known = this.#waiting.get(response);
      if (!isWaiting(response)) {
        if (known !== undefined) this.#waiting.delete(response);
      } else if (known === undefined || known.progress !== progress) {
        this.#waiting.set(response, { progress, sinceMs: nowMs });
      } else if (nowMs - known.sinceMs >= this.#settings.writeTimeoutMs) {
        stuck.push(response);
      }
    }
    return stuck;
  }

  /** It takes less than the minimum rate, although much is waiting. */
  isSlow(open: Answers, nowMs: number): boolean {
    const { minResponseRate, bodyRateWindowMs } = this.#settings;
    if (minResponseRate === 0) return false;
    let waitingBytes = 0;
    for (const response of open) waitingBytes += response.waitingBytes;
    const full = Math.min((minResponseRate * bodyRateWindowMs) / 1000, this.#socket.writableHighWaterMark);
    const taken = (this.#socket._handle?.bytesWritten ?? 0) - (this.#socket._handle?.writeQueueSize ?? 0);
    const elapsedMs = nowMs - this.#windowAtMs;
    if (waitingBytes < full) {
      this.#windowAtMs = NaN;
    } else if (Number.isNaN(elapsedMs) || elapsedMs >= bodyRateWindowMs) {
      if (taken - this.#windowBytes < (minResponseRate * elapsedMs) / 1000) return true;
      this.#windowAtMs = nowMs;
      this.#windowBytes = taken;
    }
    return false;
  }
}

/** Its head, its body or its end has been written, and is not sent. */
function isWaiting({ waitingBytes, writableEnded }: Http2Response): boolean {
  return waitingBytes > 0 || writableEnded;
}

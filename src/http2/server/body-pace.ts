/** Whether the requests on a connection arrive fast enough: `request_timeout` for each, `min_body_rate` for all. */
import type { Answers } from './answer-pace.ts';
import type { Http2Response } from './http2-response.ts';

export interface BodyPaceSettings {
  readonly requestTimeoutMs: number;
  /** Bytes per second; 0: no limit. */
  readonly minBodyRate: number;
  readonly bodyRateWindowMs: number;
}

interface Arriving {
  readonly sinceMs: number;
  /** Of the window: when it began, how much had been received. */
  windowAtMs: number;
  windowBytes: number;
  /** Its body was wanted in the whole window. */
  isWanted: boolean;
}

export class BodyPace {
  readonly #settings: BodyPaceSettings;
  readonly #arriving = new Map<Http2Response, Arriving>();

  constructor(settings: BodyPaceSettings) {
    this.#settings = settings;
  }

  /**
   * Those whose request takes too long to arrive. An exchange whose answer has begun, or that
   * may pause, goes at the pace of both sides.
   *
   * A connection's streams share its bandwidth, so they share the minimum, too.
   */
  late(open: Answers, nowMs: number): Http2Response[] {
    this.#update(open, nowMs);
    const { requestTimeoutMs, minBodyRate, bodyRateWindowMs } = this.#settings;
    const share = minBodyRate / Math.max(1, this.#arriving.size);
    const late: Http2Response[] = [];
    for (const [response, arriving] of this.#arriving) {
      const { req } = response;
      const elapsedMs = nowMs - arriving.windowAtMs;
      arriving.isWanted &&= req.isRead;
      if (requestTimeoutMs > 0 && nowMs - arriving.sinceMs >= requestTimeoutMs) late.push(response);
      else if (elapsedMs >= bodyRateWindowMs) {
        const bytes = req.receivedBytes - arriving.windowBytes;
        if (arriving.isWanted && bytes < (share * elapsedMs) / 1000) late.push(response);
        Object.assign(arriving, { windowAtMs: nowMs, windowBytes: req.receivedBytes, isWanted: req.isRead });
      }
    }
    return late;
  }

  #update(open: Answers, nowMs: number): void {
    for (const response of this.#arriving.keys()) {
      if (!open.has(response) || !isArriving(response)) this.#arriving.delete(response);
    }
    for (const response of open) {
      if (!isArriving(response) || this.#arriving.has(response)) continue;
      const { receivedBytes: windowBytes, isRead: isWanted } = response.req;
      this.#arriving.set(response, { sinceMs: nowMs, windowAtMs: nowMs, windowBytes, isWanted });
    }
  }
}

function isArriving({ req, headersSent }: Http2Response): boolean {
  return !req.complete && !headersSent && !req.mayPause;
}

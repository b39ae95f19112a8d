/**
 * Writes a backend's answer to the client: status, fields and chunks straight to the response, at the pace of the
 * slower side. A backend that pauses within its answer is given a limited time; an event stream may take forever.
 */
import { answerTrailers } from '../http/fields/trailers.ts';
import { borrow } from '../http1/client/read-buffers.ts';
import type { AnswerOutput, ClientResponse } from '../http/client-side.ts';
import type { Answer } from './answer.ts';
import { responseHead } from './message/response-head.ts';

export interface RelayOwner {
  /** The backend has paused for too long; called once. */
  expire(): void;
}

export class Relay {
  readonly response: ClientResponse;
  /** The response, unless a policy changes the body. */
  output: AnswerOutput;
  readonly #idleMs: number;
  readonly #owner: RelayOwner;
  readonly #mayHaveTrailers: boolean;
  #contentLength = -1;
  #bytes = 0;
  #isEventStream = false;
  /** The client takes no more for now. */
  #isHeldBack = false;
  #isOver = false;
  #idle: NodeJS.Timeout | null = null;

  /**
   * @param idleMs how long the backend may pause
   * @param isHttp2 the backend's answer is of HTTP/2: trailers may follow even a body of known length
   */
  constructor(response: ClientResponse, idleMs: number, owner: RelayOwner, isHttp2: boolean) {
    this.response = response;
    this.output = response;
    this.#idleMs = idleMs;
    this.#owner = owner;
    this.#mayHaveTrailers = isHttp2 && response.req.httpVersion === '2.0';
  }

  head({ status, reason, head }: Answer): void {
    this.#contentLength = head.contentLength;
    this.#isEventStream = head.isEventStream;
    this.response.onHeadSent = this.#watchIdle;
    this.output.begin(status, reason, head.fields);
  }

  /** False: pause until the source is resumed. @param bytes a view, see read-buffers.ts */
  chunk(bytes: Buffer, source: { resume(): void }): boolean {
    const { output } = this;
    if (this.#bytes === 0 && bytes.length === this.#contentLength && !this.#mayHaveTrailers) {
      this.#bytes = bytes.length;
      output.endWith(bytes, borrow);
      return true;
    }
    this.#bytes += bytes.length;
    if (output.writableEnded) return true;
    this.#watchIdle();
    if (output.chunk(bytes, borrow)) return true;
    // Now the client is the slow side, not the backend.
    this.#clearIdle();
    // Also for what else the same read had brought.
    if (this.#isHeldBack) return false;
    this.#isHeldBack = true;
    output.once('drain', () => {
      this.#isHeldBack = false;
      this.#watchIdle();
      source.resume();
    });
    return false;
  }

  /** @param trailers name and value alternating. */
  end(trailers: readonly string[]): void {
    this.stop();
    if (this.output.writableEnded) return;
    if (trailers.length > 0) this.output.addTrailers(answerTrailers(trailers));
    this.output.end();
  }

  /** The answer cannot be completed: the client must see that it is cut, never a short body that looks whole. */
  cut(): void {
    this.stop();
    this.output.cut();
  }

  /** Nothing more comes of the answer. */
  stop(): void {
    this.#isOver = true;
    this.#clearIdle();
  }

  readonly #watchIdle = (): void => {
    if (this.#isOver || this.#isEventStream) return;
    if (this.#idle === null) this.#idle = setTimeout(expire, this.#idleMs, this.#owner);
    else this.#idle.refresh();
  };

  #clearIdle(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
  }
}

function expire(owner: RelayOwner): void {
  owner.expire();
}

/** 103 Early Hints; HTTP/1.0 knows no interim answers. @param raw name and value alternating. */
export function writeHints(response: ClientResponse, raw: readonly string[]): void {
  if (response.headersSent || response.destroyed || response.req.httpVersion === '1.0') return;
  const { fields, contentLength } = responseHead(raw);
  if (contentLength === -1) response.writeInformation(103, fields);
}

/** Writes a backend's answer to the client: status, fields and chunks straight to the response. */
import { answerTrailers } from '../http/trailers.ts';
import { borrow } from '../http1/client/read-buffers.ts';
import type { ClientResponse } from '../http/client-side.ts';
import type { Answer } from './answer.ts';
import { responseHead } from './message/response-head.ts';

export class Relay {
  readonly response: ClientResponse;
  readonly #onIncomplete: () => void;
  #contentLength = -1;
  #bytes = 0;

  /** @param onIncomplete called when the head is sent and its body, or a part of it, is still to come. */
  constructor(response: ClientResponse, onIncomplete: () => void) {
    this.response = response;
    this.#onIncomplete = onIncomplete;
  }

  head({ status, reason, head }: Answer): void {
    this.#contentLength = head.contentLength;
    this.response.onHeadSent = this.#onIncomplete;
    this.response.begin(status, reason, head.fields);
  }

  /** False if the client takes no more for now: wait for 'drain'. @param bytes a view, see read-buffers.ts */
  chunk(bytes: Buffer): boolean {
    const { response } = this;
    if (this.#bytes === 0 && bytes.length === this.#contentLength) {
      this.#bytes = bytes.length;
      response.endWith(bytes, borrow);
      return true;
    }
    this.#bytes += bytes.length;
    if (response.writableEnded) return true;
    this.#onIncomplete();
    return response.chunk(bytes, borrow);
  }

  /** @param trailers name and value alternating. */
  end(trailers: readonly string[]): void {
    if (this.response.writableEnded) return;
    if (trailers.length > 0) this.response.addTrailers(answerTrailers(trailers));
    this.response.end();
  }

  /** The answer cannot be completed: the client must see that it is cut, never a short body that looks whole. */
  cut(): void {
    this.response.cut();
  }
}

/** 103 Early Hints; HTTP/1.0 knows no interim answers. @param raw name and value alternating. */
export function writeHints(response: ClientResponse, raw: readonly string[]): void {
  if (response.headersSent || response.destroyed || response.req.httpVersion !== '1.1') return;
  const { fields, contentLength } = responseHead(raw);
  if (contentLength === -1) response.writeInformation(103, fields);
}

/**
 * The body of one request through all its attempts: buffered if small, streamed once otherwise. Requests without a
 * body, nearly all, have none of these.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, StreamedBody } from './request-body.ts';

export class ForwardedBody {
  readonly #request: IncomingMessage;
  readonly #maxBytes: number;
  readonly #onTooLarge: () => void;
  #bytes: Buffer | null = null;
  #stream: StreamedBody | null = null;

  /** @param onTooLarge called when a body of undeclared length has exceeded `maxBytes`. */
  constructor(request: IncomingMessage, maxBytes: number, onTooLarge: () => void) {
    this.#request = request;
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
  }

  /** Calls `onReady` when the request can be sent; never if the client leaves before that. */
  prepare(response: ServerResponse, maxKeptBytes: number, onReady: () => void): void {
    const request = this.#request;
    if (request.headers.expect !== undefined && request.httpVersion === '1.1') response.writeContinue();
    if (this.declaredBytes <= maxKeptBytes) {
      readBody(request, (bytes) => {
        if (bytes === null) return;
        this.#bytes = bytes;
        onReady();
      });
    } else {
      this.#stream = this.#newStream();
      onReady();
    }
  }

  /** NaN if the head did not say. */
  get declaredBytes(): number {
    return Number(this.#request.headers['content-length'] ?? NaN);
  }

  /** For undici, which takes a StreamedBody for a stream. */
  get payload(): Buffer | null {
    return this.#bytes ?? (this.#stream as unknown as Buffer | null);
  }

  /** Whether the body can still be sent again from the start. */
  get isReplayable(): boolean {
    return this.#stream === null || !this.#stream.isStarted;
  }

  /** The client is still sending. */
  get isComing(): boolean {
    return !this.#request.complete;
  }

  /** undici destroyed the stream of the failed attempt. */
  renew(): void {
    if (this.#stream !== null) this.#stream = this.#newStream();
  }

  /** The rest is unwanted: it is read and dropped, because a client that only writes would never read its answer. */
  release(): void {
    if (this.#stream === null || this.#request.complete) return;
    this.#stream.destroy();
    this.#request.resume();
  }

  #newStream(): StreamedBody {
    return new StreamedBody(this.#request, this.#maxBytes, this.#onTooLarge);
  }
}

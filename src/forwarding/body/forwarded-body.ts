/**
 * The body of one request through all its attempts: buffered if small, streamed once otherwise. Requests without a
 * body, nearly all, have none of these.
 */
import type { ClientRequest, ClientResponse } from '../../http/client-side.ts';
import type { UpstreamBody } from '../../http/upstream-side.ts';
import { type BodyLimits, type BodyRecording, readBody, StreamedBody } from './request-body.ts';

export class ForwardedBody {
  readonly #request: ClientRequest;
  readonly #limits: BodyLimits;
  readonly #onTooLarge: () => void;
  readonly #recording: BodyRecording | null;
  #bytes: Buffer | null = null;
  #stream: StreamedBody | null = null;

  /**
   * @param onTooLarge called when a body of undeclared length has exceeded `maxBytes`.
   * @param recording null: it is not recorded
   */
  constructor(
    request: ClientRequest,
    limits: BodyLimits,
    onTooLarge: () => void,
    recording: BodyRecording | null = null,
  ) {
    this.#request = request;
    this.#limits = limits;
    this.#onTooLarge = onTooLarge;
    this.#recording = recording;
  }

  /** Calls `onReady` when the request can be sent; never if the client leaves before that. */
  prepare(response: ClientResponse, maxKeptBytes: number, onReady: () => void): void {
    const request = this.#request;
    if (request.headers['expect'] !== undefined && request.httpVersion !== '1.0') response.writeContinue();
    if (this.declaredBytes <= maxKeptBytes) {
      readBody(request, (bytes) => {
        if (bytes === null) return;
        this.#recording?.onBody(bytes);
        this.#bytes = bytes;
        onReady();
      });
    } else {
      this.#stream = new StreamedBody(request, this.#limits, this.#onTooLarge, this.#recording);
      onReady();
    }
  }

  /** NaN if the head did not say. */
  get declaredBytes(): number {
    return Number(this.#request.headers['content-length'] ?? NaN);
  }

  /** Null: it is sent in one piece. */
  get stream(): StreamedBody | null {
    return this.#stream;
  }

  get payload(): Buffer | UpstreamBody | null {
    return this.#bytes ?? this.#stream;
  }

  /** Whether the body can still be sent again from the start. */
  get isReplayable(): boolean {
    return this.#stream === null || this.#stream.isReplayable;
  }

  /** It will not be sent again. */
  keepNoMore(): void {
    this.#stream?.keepNoMore();
  }

  /** The client is still sending. */
  get isComing(): boolean {
    return !this.#request.complete;
  }

  /** The rest is unwanted: it is read and dropped, because a client that only writes would never read its answer. */
  release(): void {
    if (this.#stream === null) return;
    this.#stream.copy?.onCut();
    if (this.#request.complete) return;
    this.#stream.stop();
    this.#request.drop();
  }
}

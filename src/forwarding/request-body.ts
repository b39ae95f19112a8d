/**
 * The body of a client's request on its way to a backend.
 *
 * A small body of known length is read first and sent in one piece: it can be sent again to another backend, and a slow
 * client costs the backend nothing. Everything else streams, with back-pressure, and cannot be replayed once a byte of
 * it was passed on.
 */
import type { BodyReader, ClientRequest } from '../http/client-side.ts';
import type { BodySink, UpstreamBody } from '../http/upstream-side.ts';
import { requestTrailers } from '../http/trailers.ts';

/**
 * Reads a body whose length the head declared. `done` is called once, with null if the client left first; the server's
 * parser guarantees the length.
 */
export function readBody(request: ClientRequest, done: (body: Buffer | null) => void): void {
  const pieces: Buffer[] = [];
  request.read({
    onData: (piece) => pieces.push(piece),
    onEnd: () => done(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)),
    onGone: () => done(null),
  });
}

/** A body that is streamed to a backend. The request itself stays intact: its answer is still to be written. */
export class StreamedBody implements UpstreamBody, BodyReader {
  /** A byte was passed on: no other backend can be given this body. */
  isStarted = false;
  readonly hasLength: boolean;
  readonly #request: ClientRequest;
  readonly #maxBytes: number;
  readonly #onTooLarge: () => void;
  #sink: BodySink | null = null;
  #bytes = 0;

  constructor(request: ClientRequest, maxBytes: number, onTooLarge: () => void) {
    this.#request = request;
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
    this.hasLength = request.headers['content-length'] !== undefined;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#request.read(this);
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  /** Lets go of the request, whose rest waits for another reader; the client's connection stays as it is. */
  stop(): void {
    this.#sink = null;
    this.#request.unread();
  }

  // ---- called by the request

  onData(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) {
      this.#onTooLarge();
      return;
    }
    this.isStarted = true;
    if (this.#sink?.write(piece) === false) this.pause();
  }

  onEnd(trailers: readonly string[]): void {
    this.isStarted = true;
    const sink = this.#sink;
    this.#sink = null;
    sink?.end(trailers.length === 0 ? NO_TRAILERS : requestTrailers(trailers));
  }

  onGone(): void {
    this.#sink?.fail(new Error('The client left'));
  }
}

const NO_TRAILERS: readonly (readonly [string, string])[] = [];

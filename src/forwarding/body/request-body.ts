/**
 * The body of a client's request on its way to a backend.
 *
 * A small body of known length is read first and sent in one piece: it can be sent again to another backend, and a slow
 * client costs the backend nothing. Everything else streams, with back-pressure, and cannot be replayed once a byte of
 * it was passed on.
 */
import type { BodyReader, ClientRequest } from '../../http/client-side.ts';
import type { BodySink, UpstreamBody } from '../../http/upstream-side.ts';
import { requestTrailers } from '../../http/fields/trailers.ts';
import type { BodyCopy } from './body-copy.ts';

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

export interface BodyLimits {
  readonly maxBytes: number;
  /** While no more than this was passed on, the body can be sent again. */
  readonly keptBytes: number;
  /** Names, folded, of fields that say who the caller is: only the gateway does. */
  readonly refusedTrailers: readonly ReadonlySet<string>[];
}

/** Sees every piece of a body once. */
export interface BodyRecording {
  onBody(piece: Buffer): void;
}

/** A body that is streamed to a backend. The request itself stays intact: its answer is still to be written. */
export class StreamedBody implements UpstreamBody, BodyReader {
  readonly hasLength: boolean;
  /** Gets all that passes, from its beginning; null: nobody wants it. */
  copy: BodyCopy | null = null;
  readonly #request: ClientRequest;
  readonly #limits: BodyLimits;
  readonly #onTooLarge: () => void;
  readonly #recording: BodyRecording | null;
  #sink: BodySink | null = null;
  #bytes = 0;
  /** What was passed on; null: it is not kept. */
  #kept: Buffer[] | null = [];
  /** Once all of it has arrived. */
  #trailers: readonly string[] | null = null;

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
    this.hasLength = request.headers['content-length'] !== undefined;
  }

  /** Another backend can be given this body: nothing was passed on, or all that was is kept. */
  get isReplayable(): boolean {
    return this.#kept !== null;
  }

  keepNoMore(): void {
    this.#kept = null;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    for (const piece of this.#kept ?? []) sink.write(piece);
    if (this.#trailers === null) this.#request.read(this);
    else this.#pass(this.#trailers);
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
    if (this.#bytes > this.#limits.maxBytes) {
      this.#onTooLarge();
      return;
    }
    this.#recording?.onBody(piece);
    this.copy?.onBody(piece);
    if (this.#bytes > this.#limits.keptBytes) this.#kept = null;
    else this.#kept?.push(piece);
    if (this.#sink?.write(piece) === false) this.pause();
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#limits.keptBytes === 0) this.#kept = null;
    this.#trailers = trailers;
    this.#pass(trailers);
    this.copy?.onEnd();
  }

  #pass(trailers: readonly string[]): void {
    const sink = this.#sink;
    this.#sink = null;
    sink?.end(trailers.length === 0 ? NO_TRAILERS : requestTrailers(trailers, this.#limits.refusedTrailers));
  }

  onGone(): void {
    this.#sink?.fail(new Error('The client left'));
  }
}

const NO_TRAILERS: readonly (readonly [string, string])[] = [];

/**
 * The body of a client's request on its way to a backend.
 *
 * A small body of known length is read first and sent in one piece: it can be sent again to another backend, and a slow
 * client costs the backend nothing. Everything else streams, with back-pressure, and cannot be replayed once a byte of
 * it was passed on.
 */
import type { IncomingMessage } from 'node:http';
import type { BodySink, UpstreamBody } from '../http1/client/exchange.ts';
import { requestTrailers } from '../http/trailers.ts';

/** Does this request have a body? (RFC 9112, 6.3: Content-Length or Transfer-Encoding says so.) */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Reads a body whose length the head declared. `done` is called once, with null if the client left first; the server's
 * parser guarantees the length.
 */
export function readBody(request: IncomingMessage, done: (body: Buffer | null) => void): void {
  const chunks: Buffer[] = [];
  let isDone = false;
  const finish = (body: Buffer | null): void => {
    if (isDone) return;
    isDone = true;
    done(body);
  };
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => finish(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
  request.on('error', () => finish(null));
  request.on('close', () => finish(null));
}

/** A body that goes to a backend as it comes. The request itself stays whole: its answer is still to be written. */
export class StreamedBody implements UpstreamBody {
  /** A byte was handed on: no other backend can be given this body. */
  isStarted = false;
  readonly hasLength: boolean;
  readonly #request: IncomingMessage;
  readonly #maxBytes: number;
  readonly #onTooLarge: () => void;
  #sink: BodySink | null = null;
  #bytes = 0;

  constructor(request: IncomingMessage, maxBytes: number, onTooLarge: () => void) {
    this.#request = request;
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
    this.hasLength = request.headers['content-length'] !== undefined;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    const request = this.#request;
    request.on('data', this.#onData);
    request.on('end', this.#onEnd);
    request.on('error', this.#onError);
    request.on('close', this.#onClose);
    if (request.readableEnded) queueMicrotask(this.#onEnd);
    else request.resume();
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  /** Lets go of the request, whose rest the server reads and drops; the client's connection stays as it is. */
  stop(): void {
    this.#sink = null;
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    this.#request.off('close', this.#onClose);
    // The error listener stays: an 'error' event without one would end the thread.
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      this.#onTooLarge();
      return;
    }
    this.isStarted = true;
    if (this.#sink?.write(chunk) === false) this.pause();
  };

  readonly #onEnd = (): void => {
    this.isStarted = true;
    const sink = this.#sink;
    this.stop();
    const { rawTrailers } = this.#request;
    sink?.end(rawTrailers.length === 0 ? NO_TRAILERS : requestTrailers(rawTrailers));
  };

  readonly #onError = (error: Error): void => {
    this.#sink?.fail(error);
  };

  readonly #onClose = (): void => {
    this.#sink?.fail(new Error('The client left'));
  };
}

const NO_TRAILERS: readonly (readonly [string, string])[] = [];

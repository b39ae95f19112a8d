/**
 * The body of a client's request on its way to a backend.
 *
 * A small body of known length is read first and sent in one piece: it can be sent again to another backend, and a slow
 * client costs the backend nothing. Everything else streams, with back-pressure, and cannot be replayed once a byte of
 * it was passed on.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { endWithTrailers } from './undici/request-trailers.ts';

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

/**
 * What undici 7 takes for a stream and reads the body from. Not the request itself: undici destroys a body whose
 * request failed, and destroying an IncomingMessage cuts the client off before it has its answer.
 */
export class StreamedBody extends EventEmitter {
  /** A byte was passed on: no other backend can be given this body. */
  isStarted = false;
  destroyed = false;
  readonly #request: IncomingMessage;
  readonly #maxBytes: number;
  readonly #onTooLarge: () => void;
  #bytes = 0;
  #isAttached = false;

  constructor(request: IncomingMessage, maxBytes: number, onTooLarge: () => void) {
    super();
    this.#request = request;
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
  }

  /** Only its presence matters: undici takes an object with pipe and on for a stream. */
  pipe(): never {
    throw new TypeError('a StreamedBody is read by its events');
  }

  resume(): this {
    if (!this.#isAttached && !this.destroyed) {
      this.#isAttached = true;
      this.#request.on('data', this.#onData);
      this.#request.on('end', this.#onEnd);
      this.#request.on('error', this.#onError);
      this.#request.on('close', this.#onClose);
      if (this.#request.readableEnded) queueMicrotask(this.#onEnd);
    }
    this.#request.resume();
    return this;
  }

  pause(): this {
    if (!this.destroyed) this.#request.pause();
    return this;
  }

  /** Releases the request, whose rest the server reads and drops; the client's connection stays as it is. */
  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#detach();
    return this;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      this.#onTooLarge();
      return;
    }
    this.isStarted = true;
    this.emit('data', chunk);
  };

  readonly #onEnd = (): void => {
    if (this.destroyed) return;
    this.isStarted = true;
    endWithTrailers(this.#request.rawTrailers, () => this.emit('end'));
  };

  readonly #onError = (error: Error): void => {
    if (!this.destroyed) this.emit('error', error);
  };

  readonly #onClose = (): void => {
    if (!this.destroyed) this.emit('close');
  };

  #detach(): void {
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    this.#request.off('close', this.#onClose);
    // The error listener stays: an 'error' event without one would end the thread.
  }
}

/**
 * Writes a backend's answer to the client: status, fields and chunks straight to the response.
 *
 * The head is held back until the end of the current turn: a body that arrives in the same packet, which is nearly
 * every small answer, then leaves with it in one write (7 of 50 µs a request; `npm run bench`).
 */
import type { ServerResponse } from 'node:http';
import { answerTrailers } from '../http/trailers.ts';
import { responseHead } from './message/response-head.ts';
import type { Answer } from './answer.ts';
import { borrow, ownedCopy } from '../http1/client/read-buffers.ts';

/** Bodies up to this size are copied after their head; larger ones are passed on as they are. */
const MAX_JOINED_BYTES = 16_384;
/** A chunk of this size is worth a system call of its own (bench: large answers). */
const MIN_FLUSHED_BYTES = 16_384;

export class Relay {
  readonly response: ServerResponse;
  readonly #flushes: HeadFlushes;
  readonly #onIncomplete: () => void;
  #status = 0;
  #reason = '';
  #fields: string[] = [];
  #contentLength = -1;
  #isHeld = false;
  #bytes = 0;

  /** @param onIncomplete called when the head is sent and its body, or a part of it, is still to come. */
  constructor(response: ServerResponse, flushes: HeadFlushes, onIncomplete: () => void) {
    this.response = response;
    this.#flushes = flushes;
    this.#onIncomplete = onIncomplete;
  }

  head({ status, reason, head }: Answer): void {
    this.#status = status;
    this.#reason = reason;
    this.#fields = head.fields;
    this.#contentLength = head.contentLength;
    this.#isHeld = true;
    this.#flushes.add(this);
  }

  /** False if the client takes no more for now: wait for 'drain'. */
  chunk(bytes: Buffer): boolean {
    this.#bytes += bytes.length;
    if (this.#isHeld) {
      if (bytes.length === this.#contentLength && bytes.length <= MAX_JOINED_BYTES) {
        this.#writeHead();
        // As a latin1 string, Node joins it to the head: one buffer, one system call.
        this.response.end(bytes.toString('latin1'), 'latin1');
        return true;
      }
      this.#writeHead();
    }
    if (this.response.writableEnded) return true;
    this.#onIncomplete();
    const { response } = this;
    if (bytes.length < MIN_FLUSHED_BYTES) return response.write(ownedCopy(bytes));
    const release = borrow();
    const isFine = response.write(bytes, release);
    uncork(response);
    const hasLeft = response.writableLength === 0;
    if (hasLeft) release();
    return isFine || hasLeft;
  }

  /** @param trailers name and value in turn. */
  end(trailers: readonly string[]): void {
    if (this.#isHeld) this.#writeHead();
    if (this.response.writableEnded) return;
    if (trailers.length > 0) this.response.addTrailers(answerTrailers(trailers));
    this.response.end();
  }

  /** The answer cannot be completed: the client must see that it is cut, never a short body that looks whole. */
  cut(): void {
    const { response } = this;
    const isClosedToEnd = response.headersSent && this.#contentLength === -1 && !response.chunkedEncoding;
    this.#isHeld = false;
    // An HTTP/1.0 client reads the end of the connection as the end of the body: only a reset shows otherwise.
    if (isClosedToEnd && response.socket !== null) response.socket.resetAndDestroy();
    else response.destroy();
  }

  /** Bytes of the body so far. */
  get bytes(): number {
    return this.#bytes;
  }

  flush(): void {
    if (!this.#isHeld || this.response.destroyed) return;
    this.#writeHead();
    this.response.flushHeaders();
    this.#onIncomplete();
  }

  #writeHead(): void {
    this.#isHeld = false;
    this.response.writeHead(this.#status, this.#reason, this.#fields);
  }
}

/** 103 Early Hints; HTTP/1.0 knows no interim answers. @param raw name and value in turn. */
export function writeHints(response: ServerResponse, raw: readonly string[]): void {
  if (response.headersSent || response.destroyed || response.req.httpVersion !== '1.1') return;
  const { fields, contentLength } = responseHead(raw);
  // The first releases of Node 24 cannot write it.
  if (contentLength === -1 && 'writeInformation' in response) response.writeInformation(103, fields);
}

/**
 * Node holds a chunk back until the end of the turn, in case more comes; by then the client would look slow.
 *
 * Node 26 corks the message, which collects chunks itself; Node 24 only its socket. Uncorking the socket beneath a
 * corked message makes it write piece by piece what the socket takes at once, so that the socket has nothing to drain,
 * and the message never emits the 'drain' that its write() promised.
 */
function uncork(response: ServerResponse): void {
  if (response.writableCorked > 0) response.uncork();
  else response.socket?.uncork();
}

/** Heads held back in this turn: one microtask sends those whose body has not arrived. */
export class HeadFlushes {
  #waiting: Relay[] = [];

  add(relay: Relay): void {
    if (this.#waiting.length === 0) queueMicrotask(this.#flush);
    this.#waiting.push(relay);
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const relay of waiting) relay.flush();
  };
}

/**
 * A client's request as the application sees it: the part of Node's IncomingMessage that Fastify and its plugins use,
 * without the stream. Its body goes straight from the parser to its reader.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { BodyReader, ClientRequest } from '../../http/client-side.ts';
import { type FieldValues, fieldValues } from '../../http/fields/field-values.ts';
import { LazyEmitter } from './lazy-emitter.ts';

/** What a request needs from its connection. */
export interface BodySource {
  /** More of the body is wanted, or less. */
  onDemand(): void;
}

const NO_TRAILERS: readonly string[] = [];

export class Http1Request extends LazyEmitter implements ClientRequest {
  readonly socket: Socket;
  /** Any token, case-sensitive (RFC 9110, 9.1). While Fastify looks for its route, another one: see traffic-app.ts. */
  method: string;
  /** What the router sees; the original target is `target`. */
  url: string;
  readonly httpVersion: '1.1' | '1.0';
  readonly httpVersionMajor = 1;
  readonly rawHeaders: string[];
  /** The whole message has arrived. */
  complete = false;
  aborted = false;
  destroyed = false;
  /** It asks for another protocol, and may get it: its connection leaves HTTP with the answer. */
  upgrade = false;
  rawTrailers: readonly string[] = NO_TRAILERS;
  readonly #source: BodySource;
  #headers: FieldValues | null = null;
  #reader: BodyReader | null = null;
  /** Data that arrived before there was a reader, or while the reader was paused. */
  #waiting: Buffer[] | null = null;
  #isPaused = false;
  #isDropped = false;

  constructor(
    socket: Socket,
    source: BodySource,
    head: { method: string; target: string; version: '1.1' | '1.0'; fields: string[] },
  ) {
    super();
    this.socket = socket;
    this.#source = source;
    this.method = head.method;
    this.url = head.target;
    this.httpVersion = head.version;
    this.rawHeaders = head.fields;
  }

  /** By name in lower case, as Node has them. */
  get headers(): FieldValues {
    this.#headers ??= fieldValues(this.rawHeaders);
    return this.#headers;
  }

  get scheme(): 'http' | 'https' {
    return (this.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http';
  }

  /** RFC 9112, 6.3: Content-Length or Transfer-Encoding announces one. */
  get hasBody(): boolean {
    const length = this.headers['content-length'];
    return this.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
  }

  /** Received data of the body is not consumed. */
  get isHeldBack(): boolean {
    return this.#waiting !== null && this.#waiting.length > 0;
  }

  /** The body is wanted and will be consumed. */
  get isRead(): boolean {
    return (this.#reader !== null && !this.#isPaused) || this.#isDropped;
  }

  /** Starts reading the body. */
  read(reader: BodyReader): void {
    this.#reader = reader;
    this.#isPaused = false;
    this.#flush();
  }

  pause(): this {
    this.#isPaused = true;
    return this;
  }

  resume(): this {
    if (!this.#isPaused) return this;
    this.#isPaused = false;
    this.#flush();
    return this;
  }

  /** Its reader has left; another one may follow, unless it is dropped. */
  unread(): void {
    this.#reader = null;
  }

  /** The rest of the body is read and discarded. */
  drop(): void {
    this.#reader = null;
    this.#isDropped = true;
    this.#waiting = null;
    this.#source.onDemand();
  }

  // ---- called by the connection

  onBody(piece: Buffer): void {
    if (this.#isDropped) return;
    if (this.#reader !== null && !this.#isPaused && this.#waiting === null) this.#reader.onData(piece);
    else (this.#waiting ??= []).push(piece);
  }

  onComplete(trailers: readonly string[]): void {
    this.complete = true;
    this.rawTrailers = trailers;
    if (this.#reader !== null && !this.isHeldBack) this.#end();
  }

  /** Its connection is gone, or is not read any more. */
  onGone(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.aborted = true;
    const reader = this.#reader;
    this.#reader = null;
    if (!this.complete || this.isHeldBack) reader?.onGone();
    this.emit('close');
  }

  #flush(): void {
    while (this.#waiting !== null && this.#reader !== null && !this.#isPaused) {
      const piece = this.#waiting.shift();
      if (piece === undefined) this.#waiting = null;
      else this.#reader.onData(piece);
    }
    if (this.isHeldBack) return;
    if (this.complete) this.#end();
    else this.#source.onDemand();
  }

  #end(): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.onEnd(this.rawTrailers);
  }
}

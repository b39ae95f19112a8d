/**
 * A client's request on a stream of an HTTP/2 connection. Node's stream holds what nobody reads yet, and the stream's
 * window only opens as its body is read.
 */
import { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { GatewayError } from '../../errors.ts';
import type { BodyReader, ClientRequest } from '../../http/client-side.ts';
import { type FieldValues, fieldValues } from '../../http/fields/field-values.ts';
import type { StreamHead } from '../core/stream-head.ts';

const NO_TRAILERS: readonly string[] = [];

/**
 * What the listeners of a stream find its exchange by. They are functions of a module, and a stream that is closed has no
 * arrival any more: V8 may keep streams until a full collection, and kept with them all that listeners refer to, kilobytes
 * of each request (bench: gRPC).
 */
export interface ArrivedStream extends ServerHttp2Stream {
  arrival: Arrival | null;
}

/** Of its response, what the stream's events concern. */
interface ArrivalResponse {
  readonly req: Pick<Http2Request, 'onData' | 'onEnd'>;
  onWantTrailers(): void;
  onStreamClosed(): void;
}

/** A stream whose head has arrived. */
export class Arrival {
  readonly stream: ArrivedStream;
  /** Name and value alternating, with pseudo-fields. */
  readonly raw: readonly string[];
  /** Of the request, once they have arrived. */
  trailers: readonly string[] = NO_TRAILERS;
  response: ArrivalResponse | null = null;

  constructor(stream: ServerHttp2Stream, raw: readonly string[]) {
    this.stream = stream as ArrivedStream;
    this.stream.arrival = this;
    this.raw = raw;
    if (!stream.endAfterHeaders) stream.on('trailers', onTrailers);
  }
}

function onTrailers(this: ArrivedStream, _fields: object, _flags: number, trailers?: string[]): void {
  if (this.arrival !== null) this.arrival.trailers = trailers ?? NO_TRAILERS;
}

function onEnd(this: ArrivedStream): void {
  this.arrival?.response?.req.onEnd();
}

function onData(this: ArrivedStream, piece: Buffer): void {
  this.arrival?.response?.req.onData(piece);
}

export class Http2Request extends EventEmitter implements ClientRequest {
  readonly socket: Socket;
  method: string;
  /** What the router sees; the original target is `target`. */
  url: string;
  readonly httpVersion = '2.0';
  readonly httpVersionMajor = 2;
  readonly rawHeaders: string[];
  readonly hasBody: boolean;
  complete: boolean;
  aborted = false;
  destroyed = false;
  readonly upgrade = false;
  mayPause = false;
  /** Its head is refused; null: nothing is wrong with it. */
  readonly fault: GatewayError | null;
  /** Of the body, so far. */
  receivedBytes = 0;
  readonly #arrival: Arrival;
  readonly #stream: ServerHttp2Stream;
  #headers: FieldValues | null = null;
  #reader: BodyReader | null = null;
  #isAttached = false;
  #isPaused = false;
  #isDropped = false;

  constructor(socket: Socket, arrival: Arrival, head: StreamHead, fault: GatewayError | null) {
    super();
    this.socket = socket;
    const { stream } = arrival;
    this.#arrival = arrival;
    this.#stream = stream;
    this.method = head.method;
    this.url = head.target;
    this.rawHeaders = head.fields;
    this.fault = fault;
    // Node ends an empty body at once.
    this.complete = stream.endAfterHeaders || stream.readableEnded;
    this.hasBody = !this.complete;
    if (this.hasBody) stream.on('end', onEnd);
  }

  get rawTrailers(): readonly string[] {
    return this.#arrival.trailers;
  }

  get headers(): FieldValues {
    this.#headers ??= fieldValues(this.rawHeaders);
    return this.#headers;
  }

  get scheme(): 'http' | 'https' {
    return (this.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http';
  }

  get isRead(): boolean {
    return (this.#reader !== null && !this.#isPaused) || this.#isDropped;
  }

  read(reader: BodyReader): void {
    if (this.complete) {
      reader.onEnd(this.rawTrailers);
      return;
    }
    this.#reader = reader;
    this.#isPaused = false;
    this.#flow();
  }

  pause(): this {
    this.#isPaused = true;
    this.#stream.pause();
    return this;
  }

  resume(): this {
    if (!this.#isPaused) return this;
    this.#isPaused = false;
    if (this.#reader !== null) this.#flow();
    return this;
  }

  unread(): void {
    this.#reader = null;
    if (!this.#isDropped) this.#stream.pause();
  }

  drop(): void {
    this.#reader = null;
    this.#isDropped = true;
    if (!this.complete) this.#flow();
  }

  // ---- called by the connection

  onData(piece: Buffer): void {
    this.receivedBytes += piece.length;
    this.#reader?.onData(piece);
  }

  onEnd(): void {
    const { destroyed, aborted, rstCode } = this.#stream;
    // Node also ends the body of a stream that was reset: it must not look complete.
    if (destroyed || aborted || rstCode !== 0) return;
    this.complete = true;
    const reader = this.#reader;
    this.#reader = null;
    reader?.onEnd(this.rawTrailers);
  }

  /** Its stream is closed. */
  onGone(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const reader = this.#reader;
    this.#reader = null;
    if (!this.complete) {
      this.aborted = true;
      reader?.onGone();
    }
    this.emit('close');
  }

  // ----

  #flow(): void {
    const stream = this.#stream;
    if (!this.#isAttached) {
      this.#isAttached = true;
      stream.on('data', onData);
    }
    stream.resume();
  }
}

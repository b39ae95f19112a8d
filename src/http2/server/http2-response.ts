/**
 * The answer to a request on a stream of an HTTP/2 connection.
 *
 * Like that of HTTP/1.1, the head is held back until the end of the current turn: an answer without a body is then one
 * frame, and a small body is sent with it. A body is written in small pieces, one after the other, so that every bit of
 * progress shows: Node reports none within a piece, and the client's windows decide how long it takes.
 */
import { EventEmitter } from 'node:events';
import { STATUS_CODES } from 'node:http';
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { ClientResponse } from '../../http/client-side.ts';
import type { ArrivedStream, Http2Request } from './http2-request.ts';

/** What an answer needs from its connection. */
export interface StreamSink {
  /** The most that is written at once, bytes. */
  readonly pieceBytes: number;
  /** Its head is held back: flushHeaders() is to be called at the end of the turn. */
  onHeld(response: Http2Response): void;
  onStreamClosed(response: Http2Response): void;
}

type Field = number | string | readonly string[];
type FieldObject = Readonly<Record<string, Field | undefined>>;
type Borrow = () => (() => void) | null;

/** A body that has more waiting asks for less. */
const MAX_WAITING_BYTES = 65_536;
/** Chunks up to this size are copied rather than borrowed. */
const MAX_COPIED_BYTES = 16_384;

/** Trailers take Node some turns of the event loop. */
const STOP_TRIES = 5;

const HEAD_ONLY = { endStream: true };
const HEAD_AND_BODY = {};
/** Also without trailers: otherwise, Node ends the stream before it resets it, and an answer that is cut looks whole. */
const HEAD_BODY_AND_TRAILERS = { waitForTrailers: true };

export class Http2Response extends EventEmitter implements ClientResponse {
  readonly req: Http2Request;
  readonly stream: ServerHttp2Stream;
  statusCode = 200;
  statusMessage = '';
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  shouldKeepAlive = true;
  onHeadSent: (() => void) | null = null;
  onClosed: ((response: ClientResponse) => void) | null = null;
  /** Grows when the client has taken something of the body. */
  progress = 0;
  /** Among those of its connection. */
  place = -1;
  readonly #sink: StreamSink;
  #set: Map<string, Field> | null = null;
  #heldHead: string[] | null = null;
  /** Has no body, whatever is written. */
  #isBodiless = false;
  #trailers: readonly (readonly [string, string])[] = [];
  /** Pieces that wait for the one being written, and what to call once they are written. */
  #pieces: Buffer[] = [];
  #loans: (() => void)[] = [];
  #writing: Buffer | null = null;
  #waitingBytes = 0;
  #needsDrain = false;
  #hasEndedStream = false;

  constructor(request: Http2Request, stream: ServerHttp2Stream, sink: StreamSink) {
    super();
    this.req = request;
    this.stream = stream;
    this.#sink = sink;
  }

  get socket(): Socket {
    return this.req.socket;
  }

  /** Of the body: written, and not taken by the client yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  // ---- fields that are set one by one

  setHeader(name: string, value: Field): this {
    (this.#set ??= new Map()).set(name.toLowerCase(), value);
    return this;
  }

  getHeader(name: string): Field | undefined {
    return this.#set?.get(name.toLowerCase());
  }

  getHeaders(): Record<string, Field> {
    return Object.fromEntries(this.#set ?? []);
  }

  hasHeader(name: string): boolean {
    return this.#set?.has(name.toLowerCase()) === true;
  }

  removeHeader(name: string): void {
    this.#set?.delete(name.toLowerCase());
  }

  // ---- writing

  writeContinue(): void {
    if (this.#mayWrite && !this.headersSent) this.stream.additionalHeaders({ ':status': 100 });
  }

  writeInformation(status: number, fields: readonly string[]): void {
    if (this.#mayWrite && !this.headersSent) this.stream.additionalHeaders({ ':status': status, ...byName(fields) });
  }

  writeHead(
    status: number,
    reason?: string | FieldObject | readonly string[],
    fields?: FieldObject | readonly string[],
  ): this {
    const given = typeof reason === 'object' ? reason : fields;
    const list = Array.isArray(given) ? [...(given as string[])] : pairs(Object.entries(given ?? {}));
    if (this.#set !== null) {
      const names = new Set(list.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()));
      list.push(...pairs([...this.#set].filter(([name]) => !names.has(name))));
    }
    this.begin(status, typeof reason === 'string' ? reason : (STATUS_CODES[status] ?? ''), list);
    return this;
  }

  begin(status: number, reason: string, fields: readonly string[]): void {
    if (this.headersSent) throw new Error('the head was written before');
    this.statusCode = status;
    this.statusMessage = reason;
    this.headersSent = true;
    this.#isBodiless = this.req.method === 'HEAD' || status === 204 || status === 205 || status === 304;
    this.#heldHead = this.#head(status, fields);
    this.#sink.onHeld(this);
  }

  write(data: string | Buffer): boolean {
    return this.chunk(typeof data === 'string' ? Buffer.from(data) : data);
  }

  chunk(bytes: Buffer, borrow?: Borrow): boolean {
    if (!this.headersSent) this.writeHead(this.statusCode);
    if (this.#isBodiless || bytes.length === 0 || this.writableEnded || !this.#mayWrite) return true;
    this.#keep(bytes, borrow);
    // Perhaps it is all of a small body, or its trailers are in the same packet.
    if (this.#heldHead !== null && this.#waitingBytes <= this.#sink.pieceBytes) return true;
    this.#sendHead(HEAD_BODY_AND_TRAILERS);
    this.#pump();
    if (this.#waitingBytes <= MAX_WAITING_BYTES) return true;
    this.#needsDrain = true;
    return false;
  }

  endWith(bytes: Buffer, borrow: Borrow): void {
    if (this.writableEnded || this.destroyed) return;
    if (!this.#isBodiless && this.#mayWrite) this.#keep(bytes, borrow);
    this.#finish();
  }

  end(data?: string | Buffer | null, encoding?: BufferEncoding | null): this {
    if (this.writableEnded || this.destroyed) return this;
    const bytes = typeof data === 'string' ? Buffer.from(data, encoding ?? 'utf8') : (data ?? null);
    if (!this.headersSent) {
      if (!this.hasHeader('content-length')) this.setHeader('content-length', bytes === null ? 0 : bytes.length);
      this.writeHead(this.statusCode);
    }
    if (bytes !== null && !this.#isBodiless && this.#mayWrite) this.#keep(bytes, undefined);
    return this.#finish();
  }

  addTrailers(trailers: readonly (readonly [string, string])[]): void {
    this.#trailers = trailers;
  }

  /** Sends the head, with what there is of the body. */
  flushHeaders(): void {
    if (this.#heldHead === null || this.destroyed) return;
    this.#sendHead(HEAD_BODY_AND_TRAILERS);
    this.#pump();
    this.onHeadSent?.();
  }

  cut(): void {
    this.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  destroy(): this {
    if (!this.destroyed && !this.writableFinished) this.cut();
    return this;
  }

  onTunnelClosed(): void {
    // There are no tunnels on streams.
  }

  // ---- called by the connection

  /** Resets the stream, whatever is written or waits. */
  close(code: number): void {
    this.#heldHead = null;
    if (!this.stream.destroyed) this.stream.close(code);
  }

  /**
   * Node keeps a stream for ever that the client has reset with NO_ERROR, if something written waits for its window, or
   * something received for its reader.
   */
  endIfClosed(): void {
    if (this.stream.closed) this.stream.destroy();
  }

  /** Even without any trailers: only then does Node end the stream. */
  onWantTrailers(): void {
    if (this.#mayWrite) this.stream.sendTrailers(byName(this.#trailers.flat()));
  }

  /** Its stream is closed: the answer is sent, or the client is gone. */
  onStreamClosed(): void {
    this.#sink.onStreamClosed(this);
    this.req.onGone();
    if (this.writableFinished || this.destroyed) return;
    this.#heldHead = null;
    this.#pieces = [];
    this.#giveBack();
    const { rstCode, writableFinished } = this.stream;
    if (this.#hasEndedStream && writableFinished && rstCode === constants.NGHTTP2_NO_ERROR) {
      this.writableFinished = true;
      this.emit('finish');
    } else {
      this.destroyed = true;
    }
    this.onClosed?.(this);
    this.emit('close');
  }

  /**
   * The answer is sent, and its request is still arriving, which nobody waits for any more (RFC 9113, 8.1). If the end
   * of the answer is not sent yet, Node would send the reset in its place: it is tried again.
   *
   * @param tries further ones, by itself
   */
  stopRequest(tries = 0): void {
    const { stream } = this;
    if (stream.destroyed || stream.closed || this.req.complete || !this.writableEnded) return;
    if (stream.state.localClose === 1) stream.close(constants.NGHTTP2_NO_ERROR);
    else if (tries > 0) setImmediate(stopRequest, this, tries - 1);
  }

  // ----

  get #mayWrite(): boolean {
    return !this.destroyed && !this.stream.destroyed && !this.stream.closed;
  }

  #finish(): this {
    this.writableEnded = true;
    if (this.#trailers.length > 0) this.#sendHead(HEAD_BODY_AND_TRAILERS);
    else this.#sendHead(this.#waitingBytes === 0 ? HEAD_ONLY : HEAD_AND_BODY);
    this.#pump();
    if (!this.req.complete) this.stream.once('finish', () => setImmediate(stopRequest, this, STOP_TRIES));
    return this;
  }

  #sendHead(how: { endStream?: boolean; waitForTrailers?: boolean }): void {
    const head = this.#heldHead;
    if (head === null) return;
    this.#heldHead = null;
    if (!this.#mayWrite) return;
    if (this.#isBodiless || how === HEAD_ONLY) {
      this.#hasEndedStream = true;
      this.stream.respond(head, HEAD_ONLY);
    } else {
      if (how === HEAD_BODY_AND_TRAILERS) this.stream.on('wantTrailers', onWantTrailers);
      this.stream.respond(head, how);
    }
  }

  #keep(bytes: Buffer, borrow: Borrow | undefined): void {
    const loan = borrow === undefined || bytes.length <= MAX_COPIED_BYTES ? null : borrow();
    if (loan !== null) this.#loans.push(loan);
    const own = loan !== null || borrow === undefined ? bytes : Buffer.from(bytes);
    const { pieceBytes } = this.#sink;
    for (let at = 0; at < own.length; at += pieceBytes) this.#pieces.push(own.subarray(at, at + pieceBytes));
    this.#waitingBytes += own.length;
  }

  #pump(): void {
    const { stream } = this;
    if (this.#writing !== null || this.#hasEndedStream || !this.#mayWrite) return;
    const piece = this.#pieces.shift();
    if (this.writableEnded && this.#pieces.length === 0) {
      this.#hasEndedStream = true;
      if (piece === undefined) stream.end();
      else stream.end(piece);
    } else if (piece !== undefined) {
      this.#writing = piece;
      stream.write(piece, this.#onWritten);
    }
  }

  readonly #onWritten = (error?: Error | null): void => {
    const piece = this.#writing;
    this.#writing = null;
    if (piece === null || (error !== undefined && error !== null)) return;
    this.progress += 1;
    this.#waitingBytes -= piece.length;
    if (this.#waitingBytes === 0) this.#giveBack();
    this.#pump();
    if (!this.#needsDrain || this.#waitingBytes > MAX_WAITING_BYTES / 2) return;
    this.#needsDrain = false;
    this.emit('drain');
  };

  #giveBack(): void {
    const loans = this.#loans;
    if (loans.length === 0) return;
    this.#loans = [];
    for (const loan of loans) loan();
  }

  #head(status: number, fields: readonly string[]): string[] {
    // Backends may send a body with it, against RFC 9110, 15.3.6: Node does not send it on.
    const hasNoLength = status === 205 && this.req.method !== 'HEAD';
    const head = [':status', String(status)];
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!;
      if (isOfConnection(name) || (hasNoLength && name.toLowerCase() === 'content-length')) continue;
      head.push(name, fields[at + 1]!);
    }
    return head;
  }
}

function onWantTrailers(this: ArrivedStream): void {
  this.arrival?.response?.onWantTrailers();
}

function stopRequest(response: Http2Response, tries: number): void {
  response.stopRequest(tries);
}

/** RFC 9113, 8.2.2; and TE, which no answer has. */
function isOfConnection(name: string): boolean {
  switch (name.length) {
    case 2:
      return name.toLowerCase() === 'te';
    case 7:
      return name.toLowerCase() === 'upgrade';
    case 10:
      return name.toLowerCase() === 'connection' || name.toLowerCase() === 'keep-alive';
    case 14:
      return name.toLowerCase() === 'http2-settings';
    case 16:
      return name.toLowerCase() === 'proxy-connection';
    case 17:
      return name.toLowerCase() === 'transfer-encoding';
    default:
      return false;
  }
}

/** @param fields name and value alternating. */
function byName(fields: readonly string[]): OutgoingHttpHeaders {
  const values: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!.toLowerCase();
    if (!isOfConnection(name)) (values[name] ??= []).push(fields[at + 1]!);
  }
  return values;
}

function pairs(fields: readonly (readonly [string, Field | undefined])[]): string[] {
  return fields.flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [value].flat().flatMap((each) => [name, String(each as string)]);
  });
}

/**
 * The answer to a client's request: the part of Node's ServerResponse that Fastify and its plugins use, plus what the
 * relay writes with. Answers are sent in the order of the requests: one whose turn has not come buffers what is
 * written.
 *
 * The head is held back until the end of the current turn: a body that arrives in the same packet, which is nearly
 * every small answer, is then sent with it in one write (7 of 50 µs a request; `npm run bench`).
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ownText } from '../../core/own-text.ts';
import type { ClientResponse } from '../../http/client-side.ts';
import type { Http1Request } from './http1-request.ts';
import { dateLine } from './date-field.ts';
import { LazyEmitter } from './lazy-emitter.ts';

/** What an answer needs from its connection. */
export interface AnswerSink {
  readonly keepAliveSeconds: number;
  /** Further requests are accepted after this answer. */
  mayGoOn(response: Http1Response): boolean;
  onHeld(response: Http1Response): void;
  /** It is written: the next one has its turn. */
  onEnded(response: Http1Response): void;
  onCut(response: Http1Response, isReset: boolean): void;
}

type Field = number | string | readonly string[];
type FieldObject = Readonly<Record<string, Field | undefined>>;

/** Bodies up to this size are copied after their head or chunk size; larger ones are passed on as they are. */
const MAX_JOINED_BYTES = 16_384;
/** An answer whose turn has not come buffers this much before it asks for less. */
const MAX_QUEUED_BYTES = 16_384;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

export class Http1Response extends LazyEmitter implements ClientResponse {
  readonly req: Http1Request;
  statusCode = 200;
  statusMessage = '';
  /** The head was written, or is held back to be written with the body. */
  headersSent = false;
  writableEnded = false;
  /** Everything has been handed to the operating system. */
  writableFinished = false;
  destroyed = false;
  /** For the body: chunks mark its end, and trailers may follow. */
  chunkedEncoding = false;
  /** As far as this answer is concerned, its connection stays open after it. */
  shouldKeepAlive = true;
  readonly #sink: AnswerSink;
  readonly #socket: Socket;
  /** Called when the head was sent without its body, or a part of it. */
  onHeadSent: (() => void) | null = null;
  onClosed: ((response: ClientResponse) => void) | null = null;
  #isCurrent = false;
  #set: Map<string, Field> | null = null;
  #heldHead: string | null = null;
  #queued: (string | Buffer)[] | null = null;
  #queuedBytes = 0;
  /** Has no body, whatever is written. */
  #isBodiless = false;
  #contentLength = -1;
  #trailers: readonly (readonly [string, string])[] = [];
  #needsDrain = false;
  #cut: 'no' | 'cut' | 'reset' = 'no';

  constructor(request: Http1Request, sink: AnswerSink) {
    super();
    this.req = request;
    this.#sink = sink;
    this.#socket = request.socket;
  }

  /** Null until its turn has come. */
  get socket(): Socket | null {
    return this.#isCurrent ? this.#socket : null;
  }

  // ---- fields that are set one by one

  setHeader(name: string, value: Field): this {
    const lower = name.toLowerCase();
    // Fastify says `close` in every answer while it stops; the connection knows which one is its last.
    if (lower !== 'connection') (this.#set ??= new Map()).set(lower, value);
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

  /** `100 Continue`: the body is wanted (RFC 9110, 10.1.1). */
  writeContinue(): void {
    if (!this.headersSent) this.#put(CONTINUE);
  }

  /** An interim answer. @param fields name and value alternating. */
  writeInformation(status: number, fields: readonly string[]): void {
    if (this.headersSent || this.destroyed) return;
    this.#put(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines(fields)}\r\n`);
  }

  /** @param fields name and value alternating, or by name. */
  writeHead(
    status: number,
    reason?: string | FieldObject | readonly string[],
    fields?: FieldObject | readonly string[],
  ): this {
    const given = typeof reason === 'object' ? reason : fields;
    const list = Array.isArray(given) ? (given as string[]) : pairs(given as FieldObject | undefined);
    if (this.#set !== null) {
      for (const [name, value] of this.#set) if (!hasField(list, name)) add(list, name, value);
    }
    this.begin(status, typeof reason === 'string' ? reason : (STATUS_CODES[status] ?? ''), list);
    return this;
  }

  /** @param fields name and value alternating, latin1 and validated; fields of this connection are added. */
  begin(status: number, reason: string, fields: readonly string[]): void {
    if (this.headersSent) throw new Error('the head was written before');
    this.statusCode = status;
    this.statusMessage = reason;
    this.headersSent = true;
    this.#heldHead = this.#head(status, reason, fields);
    this.#sink.onHeld(this);
  }

  write(data: string | Buffer): boolean {
    return this.chunk(typeof data === 'string' ? Buffer.from(data) : data);
  }

  /**
   * A piece of the body. False if the client takes no more for now: wait for 'drain'.
   *
   * @param borrow for a view of bytes that will be overwritten: called if the piece is better not copied; it returns
   * the function to call once it is written, or null: it must be copied. Without it the piece is this answer's from
   * now on.
   */
  chunk(bytes: Buffer, borrow?: () => (() => void) | null): boolean {
    if (!this.headersSent) this.writeHead(this.statusCode);
    if (this.#isBodiless || bytes.length === 0 || this.writableEnded || this.destroyed) return true;
    const head = this.#takeHead();
    if (bytes.length <= MAX_JOINED_BYTES) {
      const text = bytes.toString('latin1');
      return this.#put(this.chunkedEncoding ? `${head}${bytes.length.toString(16)}\r\n${text}\r\n` : head + text);
    }
    const socket = this.#socket;
    if (this.#isCurrent) socket.cork();
    const before = this.chunkedEncoding ? `${head}${bytes.length.toString(16)}\r\n` : head;
    if (before !== '') this.#put(before);
    let isFine: boolean;
    const giveBack = this.#isCurrent ? borrow?.() : null;
    if (giveBack) {
      isFine = this.#socket.write(bytes, giveBack);
      if (!isFine) this.#needsDrain = true;
    } else {
      isFine = this.#put(borrow === undefined ? bytes : Buffer.from(bytes));
    }
    if (this.chunkedEncoding) isFine = this.#put('\r\n');
    if (!this.#isCurrent) return isFine;
    socket.uncork();
    if (socket.writableLength > 0) return isFine;
    // Has already been sent: the client is not slow.
    giveBack?.();
    this.#needsDrain = false;
    return true;
  }

  /** A body that is complete with this piece. */
  end(data?: string | Buffer | null, encoding?: BufferEncoding | null): this {
    if (this.writableEnded || this.destroyed) return this;
    if (typeof data === 'string' && encoding === 'latin1' && this.headersSent && !this.chunkedEncoding) {
      return this.#finish(data);
    }
    const bytes = data === undefined || data === null || data === '' ? null : bytesOf(data, encoding ?? 'utf8');
    if (!this.headersSent) {
      if (!this.hasHeader('content-length')) this.setHeader('content-length', bytes === null ? 0 : bytes.length);
      this.writeHead(this.statusCode);
    }
    if (bytes !== null) this.chunk(bytes);
    return this.#finish();
  }

  /** The whole body in one piece, as announced by the head. @param borrow see chunk(). */
  endWith(bytes: Buffer, borrow: () => (() => void) | null): void {
    if (this.writableEnded || this.destroyed) return;
    this.chunk(bytes, borrow);
    this.#finish();
  }

  /** @param body latin1, and its length is in the head */
  #finish(body = ''): this {
    this.writableEnded = true;
    const rest = this.#takeHead() + (this.#isBodiless ? '' : body) + this.#lastChunk();
    if (rest !== '') this.#put(rest);
    if (this.#isCurrent) this.#sink.onEnded(this);
    return this;
  }

  /** Of a chunked body; ignored elsewhere. @param trailers pairs of name and value. */
  addTrailers(trailers: readonly (readonly [string, string])[]): void {
    this.#trailers = trailers;
  }

  /** Sends the head by itself. */
  flushHeaders(): void {
    if (this.#heldHead === null || this.destroyed) return;
    this.#put(this.#takeHead());
    this.onHeadSent?.();
  }

  /** The answer cannot be completed: the client must see that it is cut, never a short body that looks whole. */
  cut(): void {
    // An HTTP/1.0 client reads the end of the connection as the end of the body: only a reset shows otherwise.
    const isClosedToEnd = this.headersSent && this.#contentLength === -1 && !this.chunkedEncoding && !this.#isBodiless;
    this.#heldHead = null;
    this.#cut = isClosedToEnd ? 'reset' : 'cut';
    if (this.#isCurrent) this.#sink.onCut(this, isClosedToEnd);
  }

  destroy(): this {
    if (!this.destroyed && !this.writableFinished) this.cut();
    return this;
  }

  /** Whatever waits for the end of the answer waits for this. */
  onTunnelClosed(): void {
    this.#emitClose();
  }

  // ---- called by the connection

  /** Its turn has come. */
  onTurn(): void {
    this.#isCurrent = true;
    const queued = this.#queued;
    this.#queued = null;
    if (queued !== null) for (const data of queued) this.#put(data);
    if (this.#cut !== 'no') this.#sink.onCut(this, this.#cut === 'reset');
    else if (this.writableEnded) this.#sink.onEnded(this);
    else if (queued !== null && !this.#needsDrain) this.emit('drain');
  }

  onDrain(): void {
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    this.emit('drain');
  }

  onFinished(): void {
    if (this.writableFinished || this.destroyed) return;
    this.writableFinished = true;
    this.emit('finish');
    this.#emitClose();
  }

  /** The connection is gone. */
  onGone(): void {
    if (this.writableFinished || this.destroyed) return;
    this.destroyed = true;
    this.#heldHead = null;
    this.#emitClose();
  }

  // ----

  #emitClose(): void {
    this.onClosed?.(this);
    this.emit('close');
  }

  #lastChunk(): string {
    if (!this.chunkedEncoding || this.#isBodiless) return '';
    return this.#trailers.length === 0 ? '0\r\n\r\n' : `0\r\n${lines(this.#trailers.flat())}\r\n`;
  }

  #takeHead(): string {
    const head = this.#heldHead;
    this.#heldHead = null;
    return head ?? '';
  }

  #put(data: string | Buffer): boolean {
    if (!this.#isCurrent) {
      (this.#queued ??= []).push(data);
      this.#queuedBytes += data.length;
      return this.#queuedBytes < MAX_QUEUED_BYTES;
    }
    const isFine = typeof data === 'string' ? this.#socket.write(data, 'latin1') : this.#socket.write(data);
    if (!isFine) this.#needsDrain = true;
    return isFine;
  }

  #head(status: number, reason: string, fields: readonly string[]): string {
    const { req } = this;
    let hasDate = false;
    let connection: string | null = null;
    let text = statusLine(status, reason);
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!;
      const value = fields[at + 1]!;
      switch (name.length) {
        case 4:
          if (name.toLowerCase() === 'date') hasDate = true;
          break;
        case 10:
          if (name.toLowerCase() === 'connection') connection = value;
          break;
        case 14:
          if (name.toLowerCase() === 'content-length') this.#contentLength = Number(value);
          break;
        default:
      }
      text += `${name}: ${value}\r\n`;
    }
    if (!hasDate) text += dateLine();
    if (status === 101) {
      this.#isBodiless = true;
      return `${text}\r\n`;
    }
    this.#isBodiless = req.method === 'HEAD' || status === 204 || status === 304;
    const hasEnd = this.#isBodiless || this.#contentLength !== -1;
    this.chunkedEncoding = !hasEnd && req.httpVersion === '1.1';
    if (connection === 'close' || (!hasEnd && !this.chunkedEncoding) || !this.#sink.mayGoOn(this)) {
      this.shouldKeepAlive = false;
    }
    if (connection === null) {
      text += this.shouldKeepAlive ? keepAliveLines(this.#sink.keepAliveSeconds) : 'Connection: close\r\n';
    }
    return this.chunkedEncoding ? `${text}Transfer-Encoding: chunked\r\n\r\n` : `${text}\r\n`;
  }
}

let lastStatus = 0;
let lastReason = '';
let lastStatusLine = '';

/** One answer after the other has the same. */
function statusLine(status: number, reason: string): string {
  if (status !== lastStatus || reason !== lastReason) {
    lastStatus = status;
    lastReason = ownText(reason);
    lastStatusLine = `HTTP/1.1 ${status} ${lastReason}\r\n`;
  }
  return lastStatusLine;
}

let lastSeconds = -1;
let lastKeepAliveLines = '';

function keepAliveLines(seconds: number): string {
  if (seconds !== lastSeconds) {
    lastSeconds = seconds;
    lastKeepAliveLines = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n`;
  }
  return lastKeepAliveLines;
}

function bytesOf(data: string | Buffer, encoding: BufferEncoding): Buffer {
  return typeof data === 'string' ? Buffer.from(data, encoding) : data;
}

function lines(fields: readonly string[]): string {
  let text = '';
  for (let at = 0; at < fields.length; at += 2) text += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return text;
}

function pairs(fields: FieldObject | undefined): string[] {
  const list: string[] = [];
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) add(list, name, value);
  }
  return list;
}

/** RFC 9110, 5.5: nothing that would end the field, or begin another one. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function add(list: string[], name: string, value: Field): void {
  for (const each of Array.isArray(value) ? (value as string[]) : [String(value as string)]) {
    if (!VALUE.test(each)) throw new TypeError(`the field ${name} has a character that no field may have`);
    list.push(name, each);
  }
}

function hasField(list: readonly string[], name: string): boolean {
  for (let at = 0; at < list.length; at += 2) if (list[at]!.toLowerCase() === name) return true;
  return false;
}

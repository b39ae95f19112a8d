/**
 * Reads the requests on a client's connection (RFC 9112, sections 3 and 6.3): bytes in, events out, resumable at every
 * byte. One request at a time: the caller decides whether the next one is read, and handles well-formed messages that
 * must not be forwarded (src/forwarding/message/request-fault.ts).
 */
import { ChunkedDecoder } from './chunked-decoder.ts';
import { parseFields } from './field-section.ts';
import { Framing } from './framing.ts';
import { HttpFault, invalid } from './http-fault.ts';
import { SectionReader } from './section-reader.ts';
import { SizedBody } from './sized-body.ts';

export interface RequestEvents {
  onHead(head: RequestHead): void;
  /** A piece of the body, without its framing: a view, valid during the call. */
  onBody(chunk: Buffer): void;
}

export interface RequestHead {
  readonly method: string;
  /** As received, latin1. */
  readonly target: string;
  readonly version: '1.1' | '1.0';
  /** Name and value alternating; the caller's from now on. */
  readonly fields: string[];
  /** The client accepts more requests on the connection. */
  readonly isKeptAlive: boolean;
  /** −1: it is chunked; 0: there is none. */
  readonly bodyBytes: number;
  /**
   * It has a transfer coding that only its sender knows, or that HTTP/1.0 does not have: its end is unknown, and
   * nothing more is read from the connection.
   */
  readonly isUnframed: boolean;
}

const BETWEEN = 0;
const HEAD = 1;
const SIZED = 2;
const CHUNKED = 3;
const DONE = 4;
/** The end of the message is unknown. */
const LOST = 5;

const CR = 0x0d;
const LF = 0x0a;
/**
 * RFC 9110, 9.1: any token. The longest registered one has 17 characters; longer ones than this are refused as RFC 9112, 3
 * asks for.
 */
const MAX_METHOD_LENGTH = 64;
/** Bytes that no target contains: it ends at a space, and controls were refused before. */
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) ([^\t ]+) HTTP\/([0-9])\.([0-9])$/;
/** origin-form and asterisk-form, absolute-form (RFC 9112, 3.2); authority-form for CONNECT only. */
const TARGET =
  /^(?:\/|\*$|[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[A-Za-z0-9\-_.!~*'()%;:&=+$,]*@)?[A-Za-z0-9\-_.!~*'()%;:&=+$,[\]]+(?:[/?]|$))/;
const AUTHORITY = /^[A-Za-z0-9\-_.!~*'()%;:&=+$,[\]]+$/;
const TOKEN_START = /^[!#$%&'*+.^_`|~0-9A-Za-z-]*/;
/** The first line of a connection that is HTTP/2 from its start (RFC 9113, 3.4). */
export const HTTP2_PREFACE = 'PRI * HTTP/2.0';
/** HAProxy's doc/proxy-protocol.txt, 2.1. */
const PROXY_HEADER = /^PROXY (?:TCP[46] |UNKNOWN(?:[ \r]|$))/;
/** The type of a TLS record that begins a handshake. */
const TLS_HANDSHAKE = '\x16';

const NO_TRAILERS: readonly string[] = [];

/** Of the head being read: one for all, because idle connections need none. */
const framing = new Framing();

export class RequestParser {
  /** Name and value alternating; complete when isDone. */
  trailers: readonly string[] = NO_TRAILERS;
  readonly #events: RequestEvents;
  readonly #section: SectionReader;
  readonly #sized = new SizedBody();
  readonly #maxHeadBytes: number;
  #chunked: ChunkedDecoder | null = null;
  #state = BETWEEN;

  /** @param maxHeadBytes of a head with its request line, and of trailers */
  constructor(events: RequestEvents, maxHeadBytes: number) {
    this.#events = events;
    this.#maxHeadBytes = maxHeadBytes;
    this.#section = new SectionReader(maxHeadBytes);
  }

  /** The message is complete; next() continues. */
  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** Nothing of a message has arrived. */
  get isBetween(): boolean {
    return this.#state === BETWEEN;
  }

  get isInHead(): boolean {
    return this.#state === HEAD;
  }

  next(): void {
    this.#state = BETWEEN;
    this.trailers = NO_TRAILERS;
  }

  /** @returns the index after the part that belongs to this message: all of it, unless it is done. Throws HttpFault. */
  execute(bytes: Buffer, from = 0): number {
    let at = from;
    while (at < bytes.length) {
      switch (this.#state) {
        case BETWEEN:
          // RFC 9112, 2.2: some clients send line ends after a body.
          if (bytes[at] === CR || bytes[at] === LF) at += 1;
          else this.#state = HEAD;
          break;
        case HEAD:
          at = this.#readHead(bytes, at);
          break;
        case SIZED: {
          const piece = this.#sized.take(bytes, at);
          if (this.#sized.leftBytes === 0) this.#state = DONE;
          this.#events.onBody(piece);
          at += piece.length;
          break;
        }
        case CHUNKED:
          at = this.#chunked!.execute(bytes, at);
          if (this.#chunked!.isDone) {
            this.trailers = this.#chunked!.trailers;
            this.#state = DONE;
          }
          break;
        case LOST:
          return bytes.length;
        default:
          return at;
      }
    }
    return at;
  }

  #readHead(bytes: Buffer, from: number): number {
    let end: number;
    try {
      end = this.#section.read(bytes, from);
    } catch (error) {
      throw this.#better(error as HttpFault, bytes.toString('latin1', from, from + MAX_METHOD_LENGTH + 1));
    }
    if (end === -1) {
      this.#checkStart(this.#section.start(MAX_METHOD_LENGTH + 1));
      return bytes.length;
    }
    const text = this.#section.takeText();
    const eol = text.indexOf('\r');
    const line = eol === -1 ? text : text.slice(0, eol);
    const request = requestLine(line);
    if (request instanceof HttpFault) throw this.#better(request, `${line}\r`.slice(0, MAX_METHOD_LENGTH + 1));
    const [method, target, version] = request;
    this.#onHead(method, target, version, eol === -1 ? [] : parseFields(text, eol + 2));
    return end;
  }

  #onHead(method: string, target: string, version: '1.1' | '1.0', fields: string[]): void {
    framing.read(fields);
    const { contentLength, hasTransferEncoding, isChunked, saysClose, saysKeepAlive } = framing;
    if (framing.codingFault !== null) throw invalid(framing.codingFault);
    const isUnframed = hasTransferEncoding && (!isChunked || version === '1.0');
    if (isUnframed) {
      this.#state = LOST;
    } else if (isChunked) {
      this.#chunked ??= new ChunkedDecoder(this.#maxHeadBytes, (chunk) => this.#events.onBody(chunk));
      this.#chunked.reset();
      this.#state = CHUNKED;
    } else {
      this.#sized.leftBytes = contentLength;
      this.#state = contentLength > 0 ? SIZED : DONE;
    }
    this.#events.onHead({
      method,
      target,
      version,
      fields,
      isKeptAlive: !saysClose && (version === '1.1' || saysKeepAlive),
      bodyBytes: isChunked ? -1 : Math.max(0, contentLength),
      isUnframed,
    });
  }

  /** An invalid line is refused before its end has arrived. @param start of it, as far as it has arrived */
  #checkStart(start: string): void {
    const word = start.split(' ', 1)[0]!.split('\r', 1)[0]!;
    const [token] = TOKEN_START.exec(word)!;
    if (token.length < word.length) throw protocolFault(start) ?? invalid('the method is not a token');
    if (token.length > MAX_METHOD_LENGTH) {
      throw new HttpFault('method_too_long', `a method of more than ${MAX_METHOD_LENGTH} characters`);
    }
    const fault = start.length >= HTTP2_PREFACE.length ? protocolFault(start) : undefined;
    if (fault !== undefined) throw fault;
    if (word.length === start.length) return;
    if (word === '' || start[word.length] !== ' ') throw invalid('the request line is malformed');
  }

  /**
   * The fault of the first wrong byte, or the protocol that was sent instead of HTTP.
   *
   * @param start of the head, if nothing of it was kept
   */
  #better(fault: HttpFault, start: string): HttpFault {
    const begun = this.#section.start(MAX_METHOD_LENGTH + 1) || start;
    this.#checkStart(begun);
    return fault.kind === 'invalid' ? (protocolFault(begun) ?? fault) : fault;
  }
}

function requestLine(line: string): [method: string, target: string, version: '1.1' | '1.0'] | HttpFault {
  const match = REQUEST_LINE.exec(line);
  if (match === null) return protocolFault(line) ?? invalid('the request line is malformed');
  const [, method, target, major, minor] = match as unknown as [string, string, string, string, string];
  if (major !== '1' || minor > '1') return protocolFault(line) ?? invalid('only HTTP/1.1 and HTTP/1.0 are supported');
  const isFine = method === 'CONNECT' ? AUTHORITY.test(target) : TARGET.test(target);
  if (!isFine) return invalid('the target is malformed');
  return [method, target, minor === '1' ? '1.1' : '1.0'];
}

function protocolFault(start: string): HttpFault | undefined {
  if (start.startsWith(TLS_HANDSHAKE)) return new HttpFault('tls', 'TLS instead of HTTP');
  if (start.startsWith(HTTP2_PREFACE)) return new HttpFault('http2', 'it is HTTP/2');
  if (PROXY_HEADER.test(start)) return new HttpFault('proxy_header', 'a PROXY protocol header');
  return undefined;
}

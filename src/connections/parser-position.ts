/**
 * Where Node's parser is in the data that a client sends, so that no piece it gets crosses the end of a message.
 *
 * The parser knows where the end is: `complete` of its request. This only finds where it may be. A head and a chunked
 * body end with an empty line, and a body of known length is counted.
 */
import type { IncomingMessage } from 'node:http';

export type ParsedRequest = Pick<IncomingMessage, 'complete' | 'headers'>;

/** `lost`: the parser did something unexpected, and its position is unknown. */
type State = 'between' | 'line' | 'fields' | 'sized' | 'chunked' | 'lost';

/** The end of the last line, and the empty line. */
const END = Buffer.from('\r\n\r\n', 'latin1');
/** Start of the line of the last chunk, the empty one. */
const LAST_CHUNK = Buffer.from('\n0', 'latin1');
const CR = 13;
const LF = 10;
const ZERO = 0x30;

export class ParserPosition {
  #position: State = 'between';
  /** The request parsed from the piece, or whose body is being received. */
  #request: ParsedRequest | null = null;
  /** Within the piece. */
  #hasStarted = false;
  /** The piece ends with an empty line. */
  #isEnded = false;
  /** Bytes of END that head or trailers end with so far. */
  #matched = 0;
  /** Of a body of known length. */
  #leftBytes = 0;
  /** Of a chunked body: what follows may be the last chunk and the trailers. */
  #isLastChunk = false;

  /** The next data begins a message, or line ends before it. */
  get isBetween(): boolean {
    return this.#position === 'between';
  }

  get isInRequestLine(): boolean {
    return this.#position === 'line';
  }

  /** Nothing can begin before the body is over. */
  get isInBody(): boolean {
    return this.#position === 'sized' || this.#position === 'chunked';
  }

  /** Takes a piece off the front of the data; returns its length. */
  cut(bytes: Buffer): number {
    this.#isEnded = false;
    this.#hasStarted = false;
    switch (this.#position) {
      case 'sized':
        return Math.min(bytes.length, this.#leftBytes);
      case 'chunked':
        return this.#cutChunked(bytes);
      case 'line':
      case 'fields':
        return this.#cutAtEnd(bytes, 0);
      default:
        return leadingLineEnds(bytes) || this.#cutAtEnd(bytes, 0);
    }
  }

  /** This request was parsed from the piece. */
  started(request: ParsedRequest): void {
    if (this.#hasStarted || this.isInBody) this.#position = 'lost';
    this.#hasStarted = true;
    this.#request = request;
  }

  /** The parser has processed the piece. */
  parsed(piece: Buffer): void {
    this.#position = this.#positionAfter(piece);
    // An idle connection keeps nothing of its last request.
    if (!this.isInBody) this.#request = null;
  }

  #positionAfter(piece: Buffer): State {
    const isComplete = this.#request?.complete ?? true;
    switch (this.#position) {
      case 'lost':
        return 'lost';
      case 'sized':
        this.#leftBytes -= piece.length;
        if (this.#leftBytes > 0) return 'sized';
        return isComplete ? 'between' : 'lost';
      case 'chunked':
        if (!isComplete) return 'chunked';
        return this.#isEnded ? 'between' : 'lost';
      case 'between':
        if (isLineEnd(piece[0])) return 'between';
        break;
      default:
    }
    if (this.#isEnded !== this.#hasStarted) return 'lost';
    if (this.#isEnded) return isComplete ? 'between' : this.#positionInBody(this.#request!);
    return this.#position === 'fields' || piece.includes(LF) ? 'fields' : 'line';
  }

  #positionInBody({ headers }: ParsedRequest): State {
    if (headers['transfer-encoding'] !== undefined) return 'chunked';
    this.#leftBytes = Number(headers['content-length']);
    return Number.isSafeInteger(this.#leftBytes) && this.#leftBytes > 0 ? 'sized' : 'lost';
  }

  /** Not at every empty line: a text has many, and would arrive in as many pieces. */
  #cutChunked(bytes: Buffer): number {
    let from = 0;
    if (!this.#isLastChunk && bytes[0] !== ZERO) from = bytes.indexOf(LAST_CHUNK);
    if (from === -1) return bytes.length;
    this.#isLastChunk = true;
    return this.#cutAtEnd(bytes, from);
  }

  /** After the empty line, which may have begun in the previous piece. */
  #cutAtEnd(bytes: Buffer, from: number): number {
    let end = END.length - this.#matched;
    if (this.#matched === 0 || !startsWith(bytes, END.subarray(this.#matched))) {
      const at = bytes.indexOf(END, from);
      if (at === -1) {
        this.#matched = matchedBytes(bytes, this.#matched);
        return bytes.length;
      }
      end = at + END.length;
    }
    this.#isEnded = true;
    this.#isLastChunk = false;
    this.#matched = 0;
    return end;
  }
}

/** The parser skips them before a message. */
function leadingLineEnds(bytes: Buffer): number {
  let end = 0;
  while (isLineEnd(bytes[end])) end += 1;
  return end;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === CR || byte === LF;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.length >= start.length && bytes.subarray(0, start.length).equals(start);
}

/** How much of END the bytes end with. @param before how much the previous bytes did. */
function matchedBytes(bytes: Buffer, before: number): number {
  let matched = bytes.length < END.length - 1 ? before : 0;
  for (const byte of bytes.subarray(1 - END.length)) {
    if (byte === END[matched]) matched += 1;
    else matched = byte === CR ? 1 : 0;
  }
  return matched;
}

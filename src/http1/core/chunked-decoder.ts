/**
 * The chunked transfer coding (RFC 9112, section 7.1): bytes in, data and trailers out, resumable at every byte.
 *
 * Stricter than the RFC: no white space around the size or in extensions, and a size of at most 2^53 − 1.
 */
import { parseFields } from './field-section.ts';
import { HttpFault, invalid } from './http-fault.ts';
import { SectionReader } from './section-reader.ts';

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
/** After the last chunk: an empty line, or trailers. */
const TRAILERS = 6;
const TRAILER_SECTION = 7;
const END_LF = 8;
const DONE = 9;

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

/** 2^53 − 1 has 14; leading zeros are allowed. */
const MAX_SIZE_DIGITS = 16;
/** Per message: extensions are skipped, so nobody needs to send many. Node's HTTP server has the same limit. */
const MAX_EXTENSION_BYTES = 16_384;
/** RFC 9112, 7.1.1, without "bad" white space. */
const EXTENSIONS =
  /^(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/;

const FRAMING = /^(?:content-length|transfer-encoding)$/i;

const NO_TRAILERS: readonly string[] = [];

export class ChunkedDecoder {
  /** Name and value alternating; complete when isDone. */
  trailers: readonly string[] = NO_TRAILERS;
  readonly #maxTrailerBytes: number;
  readonly #onData: (chunk: Buffer) => void;
  #state = SIZE;
  #size = 0;
  #digits = 0;
  #extension = '';
  #extensionBytes = 0;
  /** Where the data is in the bytes being read. To 0: there is none. */
  #from = 0;
  #to = 0;
  #section: SectionReader | null = null;

  /** @param onData gets a view of the bytes being read, valid during the call: one for all chunks in them. */
  constructor(maxTrailerBytes: number, onData: (chunk: Buffer) => void) {
    this.#maxTrailerBytes = maxTrailerBytes;
    this.#onData = onData;
  }

  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** For the next message. */
  reset(): void {
    this.#state = SIZE;
    this.#size = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.trailers = NO_TRAILERS;
  }

  /**
   * Moves the data of several chunks together within the bytes: passing on each chunk of one byte takes sixty times
   * as long.
   *
   * @returns the index after the part that belongs to the message. Throws HttpFault.
   */
  execute(bytes: Buffer, from: number): number {
    this.#from = 0;
    this.#to = 0;
    try {
      return this.#execute(bytes, from);
    } finally {
      if (this.#to > 0) this.#onData(bytes.subarray(this.#from, this.#to));
    }
  }

  #execute(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && this.#state !== DONE) {
      switch (this.#state) {
        case SIZE:
          at = this.#readSize(bytes, at);
          break;
        case EXTENSION:
          at = this.#readExtension(bytes, at);
          break;
        case SIZE_LF:
          expect(bytes[at]!, LF, 'a chunk size ends with CR alone');
          at += 1;
          this.#begin();
          break;
        case DATA: {
          const end = Math.min(bytes.length, at + this.#size);
          this.#size -= end - at;
          if (this.#size === 0) this.#state = DATA_CR;
          if (this.#to === 0) this.#from = this.#to = at;
          else bytes.copyWithin(this.#to, at, end);
          this.#to += end - at;
          at = end;
          break;
        }
        case DATA_CR:
          expect(bytes[at]!, CR, 'a chunk is longer than its size');
          at += 1;
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          expect(bytes[at]!, LF, 'a chunk ends with CR alone');
          at += 1;
          this.#state = SIZE;
          break;
        case TRAILERS:
          this.#state = bytes[at] === CR ? END_LF : TRAILER_SECTION;
          if (bytes[at] === CR) at += 1;
          break;
        case END_LF:
          expect(bytes[at]!, LF, 'a chunked body ends with CR alone');
          at += 1;
          this.#state = DONE;
          break;
        default:
          at = this.#readTrailers(bytes, at);
      }
    }
    return at;
  }

  #readSize(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      const digit = hexDigit(byte);
      if (digit !== -1) {
        this.#digits += 1;
        this.#size = this.#size * 16 + digit;
        if (this.#digits > MAX_SIZE_DIGITS || this.#size > Number.MAX_SAFE_INTEGER)
          throw invalid('a chunk is too large');
      } else if (this.#digits > 0 && (byte === CR || byte === SEMICOLON)) {
        this.#state = byte === CR ? SIZE_LF : EXTENSION;
        return byte === CR ? at + 1 : at;
      } else {
        throw invalid('a chunk size is not a hexadecimal number');
      }
    }
    return bytes.length;
  }

  #readExtension(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(CR, from);
    const end = found === -1 ? bytes.length : found;
    this.#extensionBytes += end - from;
    if (this.#extensionBytes > MAX_EXTENSION_BYTES) {
      throw new HttpFault('extensions_too_large', `more than ${MAX_EXTENSION_BYTES} bytes of chunk extensions`);
    }
    this.#extension += bytes.toString('latin1', from, end);
    if (found === -1) return end;
    if (!EXTENSIONS.test(this.#extension)) throw invalid('a chunk extension is malformed');
    this.#extension = '';
    this.#state = SIZE_LF;
    return end + 1;
  }

  #begin(): void {
    this.#digits = 0;
    this.#state = this.#size === 0 ? TRAILERS : DATA;
  }

  #readTrailers(bytes: Buffer, from: number): number {
    this.#section ??= new SectionReader(this.#maxTrailerBytes);
    const end = this.#section.read(bytes, from);
    if (end === -1) return bytes.length;
    this.trailers = parseFields(this.#section.takeText(), 0);
    // RFC 9110, 6.5.1. A recipient that takes it for a field of the head would read another message.
    if (this.trailers.some((name, at) => at % 2 === 0 && FRAMING.test(name)))
      throw invalid('a trailer frames the message');
    this.#section = null;
    this.#state = DONE;
    return end;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function expect(byte: number, expected: number, otherwise: string): void {
  if (byte !== expected) throw invalid(otherwise);
}

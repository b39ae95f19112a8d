/**
 * The numbers in the JSON of an event stream (HTML standard, 9.2) that passes by in pieces: of each path the last that an
 * event had. Events whose data are not JSON, such as `[DONE]`, are passed over.
 */
import type { JsonPath } from './cost-expression.ts';
import { JsonNumberScanner } from './json-number-scanner.ts';

const LF = 0x0a;
const CR = 0x0d;
const NEWLINE = Uint8Array.of(LF);
const DATA = Array.from('data:', (letter) => letter.charCodeAt(0));
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Where in a line: in its name, which is `data:` so far; before the space behind that; in the data; in another line. */
const IN_NAME = 0;
const AFTER_NAME = 1;
const IN_DATA = 2;
const IN_OTHER = 3;

export class EventStreamScanner {
  /** By path: undefined: no event had it; NaN: it was no number. */
  readonly values: (number | undefined)[];
  readonly #event: JsonNumberScanner;
  #place = IN_NAME;
  /** Bytes of the name so far, or of the byte order mark before the first line. */
  #length = 0;
  #mark = 0;
  #isLineEmpty = true;
  #hasData = false;
  #isAfterCr = false;

  constructor(paths: readonly JsonPath[]) {
    this.#event = new JsonNumberScanner(paths);
    this.values = paths.map(() => undefined);
  }

  get hasFailed(): boolean {
    return false;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (byte === LF && this.#isAfterCr) {
        this.#isAfterCr = false;
        continue;
      }
      this.#isAfterCr = byte === CR;
      if (byte === LF || byte === CR) {
        this.#endLine();
      } else if (this.#place === IN_DATA) {
        const end = endOfLine(bytes, at);
        this.#event.push(bytes, at, end);
        at = end - 1;
      } else {
        this.#readName(byte, bytes, at);
      }
    }
  }

  /** The stream is over: a last event counts, although the empty line behind it is missing. */
  end(): void {
    if (!this.#isLineEmpty) this.#endLine();
    this.#endEvent();
  }

  #readName(byte: number, bytes: Uint8Array, at: number): void {
    if (this.#mark < BYTE_ORDER_MARK.length && byte === BYTE_ORDER_MARK[this.#mark]) {
      this.#mark += 1;
      return;
    }
    this.#mark = BYTE_ORDER_MARK.length;
    this.#isLineEmpty = false;
    if (this.#place === AFTER_NAME) {
      this.#beginData();
      if (byte !== 0x20) this.#event.push(bytes, at, at + 1);
    } else if (this.#place === IN_NAME) {
      if (byte !== DATA[this.#length]) this.#place = IN_OTHER;
      this.#length += 1;
      if (this.#place === IN_NAME && this.#length === DATA.length) this.#place = AFTER_NAME;
    }
  }

  #beginData(): void {
    // Lines of one event are joined.
    if (this.#hasData) this.#event.push(NEWLINE);
    this.#hasData = true;
    this.#place = IN_DATA;
  }

  #endLine(): void {
    this.#mark = BYTE_ORDER_MARK.length;
    if (this.#isLineEmpty) this.#endEvent();
    this.#place = IN_NAME;
    this.#length = 0;
    this.#isLineEmpty = true;
  }

  #endEvent(): void {
    if (!this.#hasData) return;
    const event = this.#event;
    event.end();
    if (!event.hasFailed) {
      for (const [path, value] of event.values.entries()) if (value !== undefined) this.values[path] = value;
    }
    event.reset();
    this.#hasData = false;
  }
}

function endOfLine(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at += 1;
  return at;
}

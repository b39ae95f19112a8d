/**
 * Collects the bytes of a section that ends with an empty line, a head or trailers, and returns it as one text. Nearly
 * always it arrives in one piece, and nothing is copied.
 */
import { checkText } from './field-section.ts';
import { HttpFault } from './http-fault.ts';

/** The end of the last line, and the empty line. */
const END = Buffer.from('\r\n\r\n', 'latin1');

export class SectionReader {
  readonly #maxBytes: number;
  #kept: Buffer | null = null;
  #text = '';

  /** @param maxBytes of a section with its empty line. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The section, once read() has reached its end: latin1, without the empty line and the end of the last line. An idle
   * connection keeps nothing of it.
   */
  takeText(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Its first characters, as far as they have arrived. */
  start(length: number): string {
    return this.#kept === null ? '' : this.#kept.toString('latin1', 0, length);
  }

  /**
   * @param from where in `bytes` the section begins, or continues.
   * @returns the index after it; −1: it is incomplete. Throws HttpFault: an invalid line, or too much.
   */
  read(bytes: Buffer, from: number): number {
    if (this.#kept !== null) return this.#readOn(bytes, from);
    const end = bytes.indexOf(END, from);
    if (end === -1) {
      this.#keep(Buffer.from(bytes.subarray(from)), 0);
      return -1;
    }
    if (end + END.length - from > this.#maxBytes) this.#refuse(bytes.subarray(from), 0);
    this.#text = bytes.toString('latin1', from, end);
    checkText(this.#text);
    return end + END.length;
  }

  #readOn(bytes: Buffer, from: number): number {
    const before = this.#kept!;
    // No more than can be useful: this bounds the memory, and the cost of a flood of tiny pieces.
    const to = Math.min(bytes.length, from + this.#maxBytes - before.length + 1);
    const all = Buffer.concat([before, bytes.subarray(from, to)]);
    const end = all.indexOf(END, Math.max(0, before.length - END.length + 1));
    if (end === -1 || end + END.length > this.#maxBytes) {
      this.#keep(all, before.length);
      return -1;
    }
    // A fault is described by its start.
    this.#kept = all;
    this.#text = all.toString('latin1', 0, end);
    checkText(this.#text);
    this.#kept = null;
    return from + end + END.length - before.length;
  }

  /** @param known number of bytes already checked. */
  #keep(bytes: Buffer, known: number): void {
    if (bytes.length > this.#maxBytes) this.#refuse(bytes, known);
    this.#kept = bytes;
    // Refuse as early as possible, without waiting for the rest.
    check(bytes, known);
  }

  /** Too long. A fault in the part within the limit comes first, as it does when the bytes arrive one at a time. */
  #refuse(bytes: Buffer, known: number): never {
    this.#kept = Buffer.from(bytes.subarray(0, this.#maxBytes));
    check(this.#kept, known);
    throw new HttpFault('head_too_large', `more than ${this.#maxBytes} bytes`);
  }
}

const CR = 0x0d;

/** A last CR may still get its LF. @param known number of bytes already checked */
function check(bytes: Buffer, known: number): void {
  const to = bytes[bytes.length - 1] === CR ? bytes.length - 1 : bytes.length;
  checkText(bytes.toString('latin1', bytes[known - 1] === CR ? known - 1 : known, to));
}

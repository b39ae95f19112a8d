/** Random ids of traces and spans, as hexadecimal digits. */
import { randomFillSync } from 'node:crypto';

const SIZE = 4096;
const TRACE_BYTES = 16;
const SPAN_BYTES = 8;

export class IdSource {
  readonly #fill: (bytes: Buffer) => void;
  readonly #bytes = Buffer.alloc(SIZE);
  #at = SIZE;

  /** @param fill with random bytes: a system call, made once for some hundred ids */
  constructor(fill: (bytes: Buffer) => void = randomFillSync) {
    this.#fill = fill;
  }

  traceId(): string {
    return this.#next(TRACE_BYTES);
  }

  spanId(): string {
    return this.#next(SPAN_BYTES);
  }

  #next(length: number): string {
    if (this.#at + length > SIZE) {
      this.#fill(this.#bytes);
      this.#at = 0;
    }
    const from = this.#at;
    this.#at += length;
    const id = this.#bytes.toString('hex', from, from + length);
    // All zeros are no id: once in 2⁶⁴.
    return /^0+$/.test(id) ? this.#next(length) : id;
  }
}

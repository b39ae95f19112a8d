/** Random ids of traces and spans, as hexadecimal digits. */
import { randomFillSync } from 'node:crypto';

/** Filled with random bytes by one call, for some hundred ids. */
const SIZE = 4096;
/** Made digits by one call, of which ids are slices. Not more: an id that is kept keeps all of them. */
const CHUNK = 256;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

export class IdSource {
  readonly #fill: (bytes: Buffer) => void;
  readonly #bytes = Buffer.alloc(SIZE);
  #bytesAt = SIZE;
  #digits = '';
  #digitsAt = 0;

  /** @param fill with random bytes */
  constructor(fill: (bytes: Buffer) => void = randomFillSync) {
    this.#fill = fill;
  }

  traceId(): string {
    return this.#next(TRACE_DIGITS);
  }

  spanId(): string {
    return this.#next(SPAN_DIGITS);
  }

  #next(length: number): string {
    if (this.#digitsAt + length > this.#digits.length) this.#refill();
    const id = this.#digits.slice(this.#digitsAt, this.#digitsAt + length);
    this.#digitsAt += length;
    // All zeros are no id: once in 2⁶⁴.
    return id.startsWith('0') && /^0+$/.test(id) ? this.#next(length) : id;
  }

  #refill(): void {
    if (this.#bytesAt === SIZE) {
      this.#fill(this.#bytes);
      this.#bytesAt = 0;
    }
    this.#digits = this.#bytes.toString('hex', this.#bytesAt, this.#bytesAt + CHUNK);
    this.#digitsAt = 0;
    this.#bytesAt += CHUNK;
  }
}

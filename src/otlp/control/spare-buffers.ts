/**
 * Copies of batches, in buffers that are used again. V8 counts memory outside its heap towards the next collection of garbage: without
 * this, the control thread spent more time on collections than on all else that an export takes.
 */
import { MAX_BATCH_BYTES } from '../core/otlp-vocabulary.ts';

/** A smaller copy is not worth a buffer of this size. */
const MIN_BYTES = 65_536;
const MAX_SPARE = 4;

export class SpareBuffers {
  readonly #spare: Buffer<ArrayBuffer>[] = [];

  copyOf(bytes: Uint8Array): Buffer<ArrayBuffer> {
    if (bytes.length < MIN_BYTES || bytes.length > MAX_BATCH_BYTES) return Buffer.from(bytes);
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(MAX_BATCH_BYTES);
    buffer.set(bytes);
    return buffer.subarray(0, bytes.length);
  }

  /** It is not needed any more. @param copy of `copyOf` */
  release(copy: Uint8Array<ArrayBuffer>): void {
    const { buffer } = copy;
    if (buffer.byteLength === MAX_BATCH_BYTES && this.#spare.length < MAX_SPARE) this.#spare.push(Buffer.from(buffer));
  }
}

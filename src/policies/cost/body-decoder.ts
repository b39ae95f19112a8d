/** Decodes a body that passes by with a content coding (RFC 9110, 8.4.1). The body itself goes on as it is. */
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** Encoded bytes that may wait for the decoder, which has other threads; nothing holds the body back for it. */
const MAX_WAITING = 4 * 1024 * 1024;
/** Decoded bytes that are looked at: a small body may be a large text. */
const MAX_DECODED = 64 * 1024 * 1024;

export interface DecodedBody {
  onBytes(bytes: Buffer): void;
  /** Called once, unless it is stopped before. @param isWhole false: it is not encoded like this, or too large */
  onDone(isWhole: boolean): void;
}

export class BodyDecoder {
  readonly #decoder: Transform;
  readonly #body: DecodedBody;
  #decoded = 0;
  #isDone = false;

  private constructor(decoder: Transform, body: DecodedBody) {
    this.#decoder = decoder;
    this.#body = body;
    decoder.on('data', (bytes: Buffer) => {
      if (this.#isDone) return;
      this.#decoded += bytes.length;
      if (this.#decoded > MAX_DECODED) this.#finish(false);
      else body.onBytes(bytes);
    });
    decoder.on('end', () => this.#finish(true));
    decoder.on('error', () => this.#finish(false));
  }

  /** Null: an unknown coding, or several. */
  static of(coding: string, body: DecodedBody): BodyDecoder | null {
    const make = DECODERS[coding];
    return make === undefined ? null : new BodyDecoder(make(), body);
  }

  /** @param bytes a view; copied */
  push(bytes: Buffer): void {
    if (this.#isDone) return;
    if (this.#decoder.writableLength + bytes.length > MAX_WAITING) this.#finish(false);
    else this.#decoder.write(Buffer.from(bytes));
  }

  /** There is no more. */
  end(): void {
    if (!this.#isDone) this.#decoder.end();
  }

  /** What comes out is unwanted. */
  stop(): void {
    this.#isDone = true;
    this.#decoder.destroy();
  }

  #finish(isWhole: boolean): void {
    if (this.#isDone) return;
    this.stop();
    this.#body.onDone(isWhole);
  }
}

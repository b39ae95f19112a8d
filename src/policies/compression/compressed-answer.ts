/**
 * An answer that is compressed on its way to the client. A small body is gathered and compressed at once, with a length;
 * a larger one goes through a stream, at the pace of the slower side, and is let out whenever the backend pauses.
 */
import type { ClientResponse, AnswerOutput } from '../../http/client-side.ts';
import { codedFields, codedTrailers } from './core/coded-fields.ts';
import type { ContentCoding } from '../core/policies-vocabulary.ts';
import { compressed, compressor, flush } from './compressors.ts';

/** Longest time that something of the body waits for more. */
const MAX_WAIT_MS = 20;
/** Up to this size, a stream costs more than the compression (20 to 250 µs): two turns of the thread pool, and its set-up. */
const MAX_GATHERED_BYTES = 16_384;

export interface Coder {
  readonly coding: ContentCoding;
  readonly level: number;
  /** A smaller body is not compressed. */
  readonly minBytes: number;
}

type Pairs = readonly (readonly [string, string])[];

interface Head {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly string[];
}

export class CompressedAnswer implements AnswerOutput {
  /** All of the body has been written to it; the response may end later. */
  writableEnded = false;
  readonly #response: ClientResponse;
  readonly #coder: Coder;
  #head: Head | null = null;
  /** Copies: what is written is a view. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  /** Something of the body is still in the compressor. */
  #isHolding = false;
  #stream: ReturnType<typeof compressor> | null = null;
  /** Runs while something of the answer waits. */
  #wait: NodeJS.Timeout | null = null;
  #trailers: Pairs = [];
  #isOver = false;

  constructor(response: ClientResponse, coder: Coder) {
    this.#response = response;
    this.#coder = coder;
  }

  begin(status: number, reason: string, fields: readonly string[]): void {
    this.#head = { status, reason, fields };
    this.#response.once('close', this.#release);
    this.#startWait();
  }

  chunk(bytes: Buffer): boolean {
    if (this.writableEnded || this.#isOver || bytes.length === 0) return true;
    const own = Buffer.from(bytes);
    this.#isHolding = true;
    this.#startWait();
    if (this.#stream !== null) return this.#stream.write(own);
    this.#gathered.push(own);
    this.#gatheredBytes += own.length;
    return this.#gatheredBytes <= MAX_GATHERED_BYTES || this.#startStream();
  }

  endWith(bytes: Buffer): void {
    this.chunk(bytes);
    this.end();
  }

  addTrailers(trailers: Pairs): void {
    this.#trailers = codedTrailers(trailers);
  }

  end(): void {
    if (this.writableEnded || this.#isOver) return;
    this.writableEnded = true;
    this.#stopWait();
    if (this.#stream === null) this.#sendGathered();
    else this.#stream.end();
  }

  cut(): void {
    this.#release();
    this.#response.cut();
  }

  /** @param event the compressor is busy, or the client takes no more: both end with a drain of the compressor */
  once(event: 'close' | 'drain', listener: () => void): unknown {
    if (event === 'close' || this.#stream === null) return this.#response.once(event, listener);
    return this.#stream.once(event, listener);
  }

  // ----

  #sendGathered(): void {
    const { coding, level, minBytes } = this.#coder;
    const { status, reason, fields } = this.#head!;
    const body = Buffer.concat(this.#gathered);
    const isPlain = body.length < minBytes;
    const bytes = isPlain ? body : compressed(coding, level, body);
    const head = isPlain ? withoutLength(fields) : codedFields(fields, coding);
    // Over HTTP/1.1, trailers follow chunks only.
    if (this.#trailers.length === 0) head.push('content-length', String(bytes.length));
    this.#response.begin(status, reason, head);
    this.#response.chunk(bytes);
    this.#endResponse();
  }

  /** False: it takes no more for now. */
  #startStream(): boolean {
    const { coding, level } = this.#coder;
    const { status, reason, fields } = this.#head!;
    const stream = compressor(coding, level);
    this.#stream = stream;
    stream.on('data', this.#onCompressed);
    stream.on('end', () => this.#endResponse());
    stream.on('error', () => this.cut());
    this.#response.begin(status, reason, codedFields(fields, coding));
    const gathered = this.#gathered;
    this.#gathered = [];
    let isFine = true;
    for (const piece of gathered) isFine = stream.write(piece);
    return isFine;
  }

  readonly #onCompressed = (bytes: Buffer): void => {
    const stream = this.#stream!;
    if (this.#isOver || this.#response.chunk(bytes)) return;
    stream.pause();
    this.#response.once('drain', () => stream.resume());
  };

  #endResponse(): void {
    if (this.#isOver) return;
    if (this.#trailers.length > 0) this.#response.addTrailers(this.#trailers);
    this.#response.end();
  }

  /** Not postponed by what follows: a backend that writes a little again and again is not held up. */
  #startWait(): void {
    this.#wait ??= setTimeout(onWaited, MAX_WAIT_MS, this);
  }

  #stopWait(): void {
    if (this.#wait !== null) clearTimeout(this.#wait);
    this.#wait = null;
  }

  onWaited(): void {
    this.#wait = null;
    if (this.#isOver) return;
    if (this.#stream === null) this.#startStream();
    if (this.#isHolding) flush(this.#coder.coding, this.#stream!);
    this.#isHolding = false;
  }

  /** The answer is sent, or never will be: the compressor's memory is freed at once. */
  readonly #release = (): void => {
    this.#isOver = true;
    this.writableEnded = true;
    this.#gathered = [];
    this.#stopWait();
    this.#stream?.destroy();
  };
}

function onWaited(answer: CompressedAnswer): void {
  answer.onWaited();
}

function withoutLength(fields: readonly string[]): string[] {
  return fields.filter((_, at) => fields[at - (at % 2)]!.toLowerCase() !== 'content-length');
}

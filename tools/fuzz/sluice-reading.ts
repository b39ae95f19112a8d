/** Reads a stream with the parsers of src/http1/core. */
import { HttpFault } from '../../src/http1/core/http-fault.ts';
import { type RequestHead, RequestParser } from '../../src/http1/core/request-parser.ts';
import { ResponseParser } from '../../src/http1/core/response-parser.ts';
import type { Message, Reading, Stream } from './reading.ts';

/** Larger than any head that the generator makes. */
const MAX_HEAD_BYTES = 262_144;

export interface Limits {
  readonly maxHeadBytes?: number | undefined;
  /** The requests ask for another protocol. */
  readonly mayUpgrade?: boolean | undefined;
}

/** @param cuts indexes at which the bytes are cut into pieces, ascending. */
export function readWithSluice(
  { isResponse, bytes: given, heads }: Stream,
  cuts: readonly number[] = [],
  { maxHeadBytes = MAX_HEAD_BYTES, mayUpgrade = false }: Limits = {},
): Reading {
  // The parsers move data within what they read.
  const bytes = Buffer.from(given);
  const reader = isResponse ? new ResponseReader(heads, maxHeadBytes, mayUpgrade) : new RequestReader(maxHeadBytes);
  let fault: string | null = null;
  try {
    let from = 0;
    for (const cut of cuts) {
      if (!reader.isOver) reader.read(bytes.subarray(from, cut));
      from = cut;
    }
    if (!reader.isOver) reader.read(bytes.subarray(from));
    reader.finish();
  } catch (error) {
    if (!(error instanceof HttpFault)) throw error;
    fault = `${error.kind}: ${error.message}`;
  }
  return { messages: reader.messages, fault, from: reader.from };
}

class RequestReader {
  readonly messages: Message[] = [];
  isOver = false;
  from = 0;
  #before = 0;
  readonly #parser: RequestParser;

  constructor(maxHeadBytes: number) {
    this.#parser = new RequestParser(this, maxHeadBytes);
  }

  onHead({ method, target, version, fields, isKeptAlive, isUnframed }: RequestHead): void {
    const start = `${method} ${target} HTTP/${version}`;
    if (isUnframed) throw new HttpFault('invalid', 'unframed');
    this.messages.push({ ...EMPTY, from: this.from, start, fields, isKeptAlive });
  }

  onBody(chunk: Buffer): void {
    this.messages.at(-1)!.body += chunk.toString('latin1');
  }

  read(bytes: Buffer): void {
    const parser = this.#parser;
    let at = 0;
    while (at < bytes.length && !this.isOver) {
      at = parser.execute(bytes, at);
      if (!parser.isDone) continue;
      const message = this.messages.at(-1)!;
      message.isComplete = true;
      message.trailers = parser.trailers;
      this.from = this.#before + at;
      if (message.isKeptAlive === false) this.isOver = true;
      parser.next();
    }
    this.#before += bytes.length;
  }

  finish(): void {
    // A request never ends with its connection.
  }
}

class ResponseReader {
  readonly messages: Message[] = [];
  isOver = false;
  from = 0;
  #before = 0;
  #answers = 0;
  readonly #heads: readonly boolean[];
  readonly #mayUpgrade: boolean;
  readonly #parser: ResponseParser;

  constructor(heads: readonly boolean[], maxHeadBytes: number, mayUpgrade: boolean) {
    this.#heads = heads;
    this.#mayUpgrade = mayUpgrade;
    this.#parser = new ResponseParser(this, maxHeadBytes);
    this.#begin();
  }

  onInterim(status: number, fields: string[]): void {
    this.messages.push({
      ...EMPTY,
      from: this.from,
      start: `interim ${status}`,
      fields,
      isKeptAlive: undefined,
      isComplete: true,
    });
  }

  onHead(status: number, reason: string, fields: string[]): void {
    const { isKeptAlive } = this.#parser;
    this.messages.push({ ...EMPTY, from: this.from, start: `${status} ${reason}`, fields, isKeptAlive });
  }

  onBody(chunk: Buffer): void {
    this.messages.at(-1)!.body += chunk.toString('latin1');
  }

  read(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.isOver) {
      at += this.#parser.execute(at === 0 ? bytes : bytes.subarray(at));
      if (this.#parser.isDone) this.#complete(this.#before + at);
    }
    this.#before += bytes.length;
  }

  finish(): void {
    if (!this.isOver && this.#parser.finish()) this.#complete(this.#before);
  }

  #complete(to: number): void {
    const message = this.messages.at(-1)!;
    message.isComplete = true;
    message.trailers = this.#parser.trailers;
    this.from = to;
    if (this.#parser.isKeptAlive) this.#begin();
    else this.isOver = true;
  }

  #begin(): void {
    this.#parser.begin(this.#heads[this.#answers] ?? false, this.#mayUpgrade);
    this.#answers += 1;
  }
}

const EMPTY = { isUpgrade: false, body: '', trailers: [] as readonly string[], isComplete: false };

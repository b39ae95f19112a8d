/**
 * Reads answers of a server from its bytes, in whatever pieces these arrive. RESP 2, which all versions speak; source:
 * Redis, "Redis serialization protocol specification".
 */
export type ParsedReply = string | number | null | ParsedReply[];

export interface ReplyEvents {
  reply(value: ParsedReply): void;
  /** @param text such as `ERR unknown command`. */
  error(text: string): void;
}

const [CR, LF] = [13, 10];
/** `+`, `-`, `:`, `$` and `*`. */
const [SIMPLE, ERROR, INTEGER, BULK, ARRAY] = [43, 45, 58, 36, 42];
/** Larger than any answer to the commands of a gateway. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 16;
const FOREIGN = 'the server does not speak the protocol of Redis';
/** The rest has not arrived. */
const INCOMPLETE = Symbol('incomplete');

export class ProtocolError extends Error {}

type Part = ParsedReply | typeof INCOMPLETE;

export class ReplyParser {
  readonly #events: ReplyEvents;
  /** Of the answer that has not arrived as a whole. */
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #error: string | null = null;

  constructor(events: ReplyEvents) {
    this.#events = events;
  }

  /** Throws {@link ProtocolError} if the bytes are no answers: nothing after them can be understood. */
  read(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#at = 0;
    let readTo = 0;
    while (this.#at < this.#bytes.length) {
      this.#error = null;
      const part = this.#part(0);
      if (part === INCOMPLETE) break;
      readTo = this.#at;
      if (this.#error === null) this.#events.reply(part);
      else this.#events.error(this.#error);
    }
    this.#bytes = this.#bytes.subarray(readTo);
    if (this.#bytes.length > MAX_BYTES) throw new ProtocolError(`an answer of more than ${MAX_BYTES} bytes`);
  }

  #part(depth: number): Part {
    const type = this.#bytes[this.#at++];
    const line = this.#line();
    if (line === undefined) return INCOMPLETE;
    switch (type) {
      case SIMPLE:
        return line;
      case ERROR:
        // Within an array, it is a value like others.
        if (depth === 0) this.#error = line;
        return line;
      case INTEGER:
        return numberOf(line);
      case BULK:
        return this.#bulk(numberOf(line));
      case ARRAY:
        return this.#array(numberOf(line), depth);
      default:
        throw new ProtocolError(FOREIGN);
    }
  }

  #bulk(length: number): Part {
    if (length === -1) return null;
    const end = this.#at + length;
    if (end + 2 > this.#bytes.length) {
      if (length > MAX_BYTES) throw new ProtocolError(`an answer of more than ${MAX_BYTES} bytes`);
      return INCOMPLETE;
    }
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 2;
    return text;
  }

  #array(length: number, depth: number): Part {
    if (length === -1) return null;
    if (depth >= MAX_DEPTH) throw new ProtocolError(`an answer of more than ${MAX_DEPTH} levels`);
    const items: ParsedReply[] = [];
    while (items.length < length) {
      const item = this.#at < this.#bytes.length ? this.#part(depth + 1) : INCOMPLETE;
      if (item === INCOMPLETE) return INCOMPLETE;
      items.push(item);
    }
    return items;
  }

  /** Undefined: its end has not arrived. */
  #line(): string | undefined {
    const end = this.#bytes.indexOf(CR, this.#at);
    if (end === -1 || end + 1 >= this.#bytes.length) return undefined;
    if (this.#bytes[end + 1] !== LF) throw new ProtocolError(FOREIGN);
    const line = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 2;
    return line;
  }
}

function numberOf(line: string): number {
  const number = Number(line);
  if (!Number.isFinite(number) || line === '') throw new ProtocolError(FOREIGN);
  return number;
}

/** One command, as the server reads it. */
export function commandText(words: readonly string[]): string {
  let text = `*${words.length}\r\n`;
  for (const word of words) text += `$${Buffer.byteLength(word)}\r\n${word}\r\n`;
  return text;
}

/**
 * What a client asks for in the first message of its handshake (RFC 8446, 4.1.2), read before the handshake begins: Node
 * shows it only when it is too late to choose what else depends on it.
 */

export interface ClientHello {
  /** As sent (RFC 6066, section 3); undefined: the client names no server. */
  readonly serverName: string | undefined;
  /** The protocols it offers (RFC 7301), in its order. */
  readonly protocols: readonly string[];
}

/** Post-quantum key shares and many extensions fit; a client that sends more is refused. */
const MAX_BYTES = 32_768;

const RECORD_HEAD = 5;
const HANDSHAKE_RECORD = 22;
const MESSAGE_HEAD = 4;
const CLIENT_HELLO = 1;
const VERSION_AND_RANDOM = 34;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const PROTOCOLS = 16;

/** @returns null: it is none, and the handshake will fail. @param bytes all that was received so far */
export function parseClientHello(bytes: Uint8Array): ClientHello | 'incomplete' | null {
  const message = messageIn(bytes);
  if (message === null || message === 'incomplete') return message;
  try {
    return parseBody(new Reader(message));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * The body of the message, which may be cut into thousands of records. It is called for each byte of a slow client, so it
 * copies nothing before all of them are there.
 */
function messageIn(bytes: Uint8Array): Uint8Array | 'incomplete' | null {
  let have = 0;
  let size = 0;
  let wanted = Infinity;
  for (let at = 0; have < wanted;) {
    if (at >= MAX_BYTES) return null;
    if (at < bytes.length && bytes[at] !== HANDSHAKE_RECORD) return null;
    if (at + RECORD_HEAD > bytes.length) return 'incomplete';
    const length = uint16(bytes, at + 3);
    if (length === 0) return null;
    const from = at + RECORD_HEAD;
    const to = Math.min(from + length, bytes.length);
    if (have === 0 && to > from && bytes[from] !== CLIENT_HELLO) return null;
    for (let byte = from; byte < to && have + byte - from < MESSAGE_HEAD; byte += 1) size = (size << 8) | bytes[byte]!;
    have += to - from;
    if (wanted === Infinity && have >= MESSAGE_HEAD) {
      // Without the type.
      wanted = MESSAGE_HEAD + (size & 0xff_ffff);
      if (wanted > MAX_BYTES) return null;
    }
    if (to < from + length && have < wanted) return 'incomplete';
    at = from + length;
  }
  return joined(bytes, wanted).subarray(MESSAGE_HEAD);
}

function parseBody(reader: Reader): ClientHello {
  let serverName: string | undefined;
  let protocols: readonly string[] = [];
  reader.skip(VERSION_AND_RANDOM);
  // Session, ciphers, compressions.
  reader.vector(1);
  reader.vector(2);
  reader.vector(1);
  // Before TLS 1.2 there need not be extensions.
  const extensions = reader.isAtEnd ? reader : new Reader(reader.vector(2));
  while (!extensions.isAtEnd) {
    const type = extensions.uint(2);
    const content = new Reader(extensions.vector(2));
    if (type === SERVER_NAME) serverName = hostName(content);
    else if (type === PROTOCOLS) protocols = protocolNames(content);
  }
  return { serverName, protocols };
}

function hostName(extension: Reader): string | undefined {
  const names = new Reader(extension.vector(2));
  while (!names.isAtEnd) {
    const type = names.uint(1);
    const name = names.vector(2);
    if (type === HOST_NAME) return latin1(name);
  }
  return undefined;
}

function protocolNames(extension: Reader): string[] {
  const list = new Reader(extension.vector(2));
  const names: string[] = [];
  while (!list.isAtEnd) names.push(latin1(list.vector(1)));
  return names;
}

/** Throws a RangeError if the data ends before what is read. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  skip(count: number): void {
    if (this.#at + count > this.#bytes.length) throw new RangeError('too short');
    this.#at += count;
  }

  uint(size: number): number {
    const from = this.#at;
    this.skip(size);
    let value = 0;
    for (let at = from; at < this.#at; at += 1) value = value * 256 + this.#bytes[at]!;
    return value;
  }

  /** Bytes after their number, which takes `size` bytes itself. */
  vector(size: number): Uint8Array {
    const length = this.uint(size);
    const from = this.#at;
    this.skip(length);
    return this.#bytes.subarray(from, this.#at);
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The first `length` bytes of what is in the records. */
function joined(records: Uint8Array, length: number): Uint8Array {
  const all = new Uint8Array(length);
  for (let [at, have] = [0, 0]; have < length;) {
    const from = at + RECORD_HEAD;
    const part = records.subarray(from, from + Math.min(uint16(records, at + 3), length - have));
    all.set(part, have);
    have += part.length;
    at = from + part.length;
  }
  return all;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Base64 that comes and goes in pieces of any length. */

const NOTHING = Buffer.alloc(0);

/** A text without padding in between. */
export class Base64Encoder {
  /** Up to two bytes that do not fill a group of three. */
  #rest: Buffer = NOTHING;

  /** Perhaps empty. */
  encode(bytes: Buffer): Buffer {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const end = all.length - (all.length % 3);
    this.#rest = Buffer.from(all.subarray(end));
    return Buffer.from(all.toString('base64', 0, end), 'latin1');
  }

  end(): Buffer {
    const rest = Buffer.from(this.#rest.toString('base64'), 'latin1');
    this.#rest = NOTHING;
    return rest;
  }
}

/** Also of several texts one after the other, each with its padding. Strict (RFC 4648, 3.3), apart from line ends. */
export class Base64Decoder {
  /** Up to three characters that do not fill a group of four. */
  #rest = '';

  /** What came so far ends with a whole group: it may be all. */
  get isWhole(): boolean {
    return this.#rest === '';
  }

  /** Perhaps empty. Null: it is not base64; then nothing that follows means anything. */
  decode(bytes: Buffer): Buffer | null {
    const text = this.#rest + bytes.toString('latin1').replaceAll(/[\r\n]/g, '');
    const end = text.length - (text.length % 4);
    this.#rest = text.slice(end);
    const parts = text.slice(0, end).match(/[A-Za-z0-9+/]+={0,2}/g) ?? [];
    let length = 0;
    for (const part of parts) {
      // Padding inside a group.
      if (part.length % 4 !== 0) return null;
      length += part.length;
    }
    if (length !== end) return null;
    return parts.length === 1
      ? Buffer.from(parts[0]!, 'base64')
      : Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  }
}

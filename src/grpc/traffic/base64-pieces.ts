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

/** Also of several texts one after the other, each with its padding. */
export class Base64Decoder {
  /** Up to three characters that do not fill a group of four. */
  #rest = '';

  /** Perhaps empty. */
  decode(bytes: Buffer): Buffer {
    const text = this.#rest + bytes.toString('latin1').replaceAll(/[\r\n]/g, '');
    const end = text.length - (text.length % 4);
    this.#rest = text.slice(end);
    const parts = text.slice(0, end).match(/[^=]+={0,2}/g) ?? [];
    return parts.length === 1
      ? Buffer.from(parts[0]!, 'base64')
      : Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  }
}

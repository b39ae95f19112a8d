/** Encodes the few types of ASN.1 that certificates consist of, in DER (ITU-T X.690). */

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return encode(0x30, joined(parts));
}

export function setOf(part: Uint8Array): Uint8Array {
  return encode(0x31, part);
}

/** Not negative, most significant byte first. */
export function integer(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const significant = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
  return encode(0x02, significant[0]! < 0x80 ? significant : joined([Uint8Array.of(0), significant]));
}

export function boolean(value: boolean): Uint8Array {
  return encode(0x01, Uint8Array.of(value ? 0xff : 0));
}

/** @param unused of the bits in the last byte */
export function bitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return encode(0x03, joined([Uint8Array.of(unused), bytes]));
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return encode(0x04, bytes);
}

export function utf8String(text: string): Uint8Array {
  return encode(0x0c, new TextEncoder().encode(text));
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encode(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** @param iso in UTC, as Date writes it. To the second, rounded down: UTCTime until 2049, then GeneralizedTime (RFC 5280, 4.1.2.5). */
export function time(iso: string): Uint8Array {
  const digits = iso.replaceAll(/\.\d+|[-:T]/g, '');
  const isShort = Number(digits.slice(0, 4)) < 2050;
  return encode(isShort ? 0x17 : 0x18, new TextEncoder().encode(isShort ? digits.slice(2) : digits));
}

/** Context-specific, around another value. */
export function explicit(tag: number, part: Uint8Array): Uint8Array {
  return encode(0xa0 | tag, part);
}

/** Context-specific, instead of the type's own tag. */
export function implicit(tag: number, content: Uint8Array): Uint8Array {
  return encode(0x80 | tag, content);
}

function encode(tag: number, content: Uint8Array): Uint8Array {
  return joined([Uint8Array.of(tag, ...lengthOf(content.length)), content]);
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

function base128(value: number): readonly number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 0x80);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

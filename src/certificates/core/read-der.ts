/** Reads DER (ITU-T X.690) as certificates and keys have it: tags of one byte, lengths below 16 MiB. */

/** Offsets into the bytes that it was read from. */
export interface DerValue {
  readonly tag: number;
  /** Of its tag. */
  readonly start: number;
  /** Of its content, and behind it. */
  readonly from: number;
  readonly to: number;
}

/** For what is not DER: no value has this tag. */
const UNREADABLE: readonly DerValue[] = [{ tag: -1, start: 0, from: 0, to: 0 }];

/** The values that a part of the bytes consists of; one with the tag -1 if it is not DER. */
export function readValues(bytes: Uint8Array, from: number, to: number): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let start = from; start < to;) {
    const tag = bytes[start]!;
    // The length, or how many bytes it takes.
    const first = bytes[start + 1] ?? 0;
    const second = bytes[start + 2] ?? 0;
    const header = first < 0x80 ? 2 : first === 0x81 ? 3 : first === 0x82 ? 4 : 5;
    const third = header < 4 ? 0 : (bytes[start + 3] ?? 0);
    let length = header === 2 ? first : header === 3 ? second : second * 256 + third;
    if (header === 5) length = length * 256 + (bytes[start + 4] ?? 0);
    const isShortest =
      first < 0x80 ||
      (first === 0x81 && length > 0x7f) ||
      (first === 0x82 && length > 0xff) ||
      (first === 0x83 && length > 0xffff);
    const end = start + header + length;
    if (!isShortest || (tag & 0x1f) === 0x1f || end > to) return UNREADABLE;
    values.push({ tag, start, from: start + header, to: end });
    start = end;
  }
  return values;
}

/** As readValues, for what is in the only value of that part, which has this tag. */
export function readInside(bytes: Uint8Array, tag: number, from: number, to: number): readonly DerValue[] {
  const values = readValues(bytes, from, to);
  const value = values[0];
  return values.length === 1 && value?.tag === tag ? readValues(bytes, value.from, value.to) : UNREADABLE;
}

export function haveTags(values: readonly DerValue[], ...tags: readonly number[]): boolean {
  return values.length === tags.length && values.every(({ tag }, at) => tag === tags[at]);
}

/** As RFC 7468 has it: lines of 64 characters, and nothing around it. */
const PEM =
  /^-----BEGIN ([A-Z ]+)-----\r?\n((?:[A-Za-z0-9+/]{64}\r?\n)*(?:[A-Za-z0-9+/]{4}){0,15}[A-Za-z0-9+/]{2}(?:[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==))\r?\n-----END \1-----\s*$/;

/** Undefined: it is no PEM, or in another form. */
export function strictPem(pem: string): { readonly label: string; readonly der: Buffer<ArrayBuffer> } | undefined {
  const [, label, base64] = PEM.exec(pem) ?? [];
  return label === undefined || base64 === undefined ? undefined : { label, der: Buffer.from(base64, 'base64') };
}

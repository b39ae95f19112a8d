/** Reads the few types of ASN.1 that are needed of a certificate, in DER (ITU-T X.690). */

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The values one after the other. Throws RangeError if they are cut short. */
export function readValues(bytes: Uint8Array): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const { length, start } = readLength(bytes, at + 1);
    if (start + length > bytes.length) throw new RangeError('the DER value is cut short');
    values.push({ tag: bytes[at]!, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return values;
}

function readLength(bytes: Uint8Array, at: number): { readonly length: number; readonly start: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { length: first, start: at + 1 };
  const start = at + 1 + (first & 0x7f);
  const length = bytes.subarray(at + 1, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return { length, start };
}

/** A single range of bytes (RFC 9110, 14.1.2) of a body whose length is known. */

export interface ByteRange {
  readonly from: number;
  /** The last byte of it. */
  readonly to: number;
}

const SINGLE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/** `unsatisfiable`: no such bytes. Undefined: several ranges, another unit, or malformed: the field may be ignored. */
export function byteRange(value: string, length: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = SINGLE.exec(value) ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const count = Math.min(Number(last), length);
    return count === 0 ? 'unsatisfiable' : { from: length - count, to: length - 1 };
  }
  const from = Number(first);
  const to = last === '' ? length - 1 : Number(last);
  if (last !== '' && to < from) return undefined;
  return from >= length ? 'unsatisfiable' : { from, to: Math.min(to, length - 1) };
}

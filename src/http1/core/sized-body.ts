/** A body whose length is known from its head (RFC 9112, section 6.2), as both parsers read it. */
export class SizedBody {
  /** Still to come; 0: it is complete. */
  leftBytes = 0;

  /** The part of the body in `bytes`: a view, from `from` on, perhaps empty. */
  take(bytes: Buffer, from: number): Buffer {
    const end = Math.min(bytes.length, from + this.leftBytes);
    this.leftBytes -= end - from;
    return from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end);
  }
}
